/** Metrics, logs, traces, alerts, status pages. One product on a line: name | aliases | what people want it for. */
export const monitoringProducts = `
uptime-kuma | kuma | monitoring of websites and services, status page, alerts when something is down, uptime monitor, outage notification
gatus | | health checks of services with a status page, uptime monitor, alerts on outages
statping | statping ng | status page and monitor for websites
cachet | cachethq | status page that tells customers about incidents
upptime | | uptime monitor and status page run by a git forge
kener | | modern status page with monitors
checkmate | checkmate uptime, bluewave uptime | monitor websites and servers with incidents
openstatus | | uptime monitoring with public status pages
vigil | valeriansaliou vigil | status page and probes for microservices
peekaping | | uptime monitor for websites and services with alerts
prometheus | prometheus server | collect metrics of machines and services, time series monitoring
alertmanager | prometheus alertmanager | send alerts of metrics to people, group and silence them, notify on call people
node-exporter | nodeexporter prometheus, prometheus node exporter | metrics of processor, memory and disks of a machine, prometheus metrics of linux hosts
blackbox-exporter | prometheus blackbox exporter | probe websites and ports from outside for metrics
snmp-exporter | prometheus snmp exporter | metrics of switches and printers over snmp
postgres-exporter | | metrics of a relational database server
mysqld-exporter | mysql exporter | metrics of a mysql database server
redis-exporter | oliver006 redis exporter | metrics of an in-memory cache
smartctl-exporter | | metrics of the health of hard disks
process-exporter | | metrics of single processes on a machine
systemd-exporter | | metrics of system services to chart their load and health
nvidia-gpu-exporter | dcgm exporter, dcgm | metrics of graphics cards to chart their load and health
pushgateway | prometheus pushgateway | accept metrics of short jobs
exportarr | | metrics of the media collectors
pve-exporter | prometheus pve exporter, proxmox exporter | metrics of the virtual machine host
windows-exporter | wmi exporter | metrics of windows machines to chart their load and health
cadvisor | google cadvisor | resource use of containers as metrics, container monitoring
kube-state-metrics | | metrics about objects of a cluster
kube-prometheus-stack | prometheus operator, kube prometheus | ready made metrics and alerts for a cluster
thanos | thanos io | keep metrics for a long time over many clusters
cortex | cortexmetrics, cortexproject | scalable long term store of metrics
mimir | grafana mimir | large scale long term storage of metrics
victoriametrics | vmsingle | fast store for metrics and time series
vmagent | | collect metrics and send them to a time series store
victorialogs | | fast store and search for logs
grafana | grafana oss, grafana enterprise | dashboards and graphs of metrics and logs, visualise charts, observability
loki | grafana loki | collect and search logs of all machines, log aggregation, centralised logging
promtail | | ship log files to the log store, log collector agent
alloy | grafana alloy, grafana agent | collector of metrics, logs and traces
tempo | grafana tempo | store of distributed traces of requests
pyroscope | grafana pyroscope | find slow code with continuous profiling
oncall | grafana oncall | who is on duty and gets the alerts
keephq | keep alerts | collect alerts of many tools in one place
goalert | | on call schedules and escalation of alerts
karma | karma alertmanager | dashboard for alerts of several alert managers
jaeger | jaegertracing | distributed tracing of requests through services
zipkin | openzipkin | distributed tracing to find slow services
opentelemetry-collector | otel collector, otelcol, opentelemetry | receive and forward traces, metrics and logs
signoz | | traces, metrics and logs of applications in one place
openobserve | | logs, metrics and traces with little storage
uptrace | | application performance monitoring with traces
highlight-io | | session replay and error monitoring
sentry | getsentry, sentry onpremise | catch errors and crashes of applications
glitchtip | | track errors of applications, light error monitoring
bugsink | | small error tracker for applications
elasticsearch | elk, elk stack, elastic stack | search engine and store for logs and documents
opensearch | opensearch cluster, opendistro | search and analytics engine for logs and text
kibana | | look at logs and charts of the search store
opensearch-dashboards | | look at logs and charts of a search store
logstash | | take in and transform logs
filebeat | | ship log files and metrics to the search store
packetbeat | | ship network traffic data to the search store
metricbeat | | ship metrics of machines to the search store
graylog | graylog2 | central log management with search and alerts
fluentd | td agent | collect and forward logs from many sources
fluent-bit | | light log collector and forwarder
vector | vector dev, timberio vector | collect, transform and route logs and metrics
rsyslog | rsyslogd | system log daemon that can send logs to a central server
syslog-ng | | collect and route system logs
journald | systemd journald, systemd journal remote | system journal of log messages
logrotate | | rotate and compress old log files, keep logs small, log rotation
logwatch | | daily mail with a summary of log files
goaccess | | web server log analyser with live statistics
lnav | | read log files in the terminal with search
dozzle | | watch container logs live in the browser, log viewer, logging of docker
logdy | | watch logs live in the browser
loggifly | | send alerts on words in container logs
zabbix | zabbix server, zabbix agent, zabbix proxy | monitoring of networks and servers with agents and alerts
nagios | nagios core | classic monitoring of hosts and services
nrpe | nagios nrpe | run monitoring checks on remote machines
icinga | icinga2, icingaweb2 | monitoring of hosts and services with checks
naemon | | monitoring core compatible with older checks
thruk | | web page for several monitoring cores
checkmk | checkmk raw | monitoring of servers and networks with automatic discovery
centreon | | infrastructure monitoring with maps and reports
sensu | sensu go | monitoring pipeline with agents and checks
shinken | | distributed monitoring of hosts and services
pandora-fms | | monitoring of networks, servers and applications
netdata | | real time performance charts of a machine, monitoring of processor, memory and network, dashboards
glances | | overview of processor, memory and disk use of one machine, system monitoring, live usage
beszel | | light server monitoring with history and alerts for a few machines
scrutiny | analogj scrutiny | health of hard disks with smart values and charts, hard drive monitoring, disk failures
smartd | smartmontools, smartctl | watch hard disks and warn before they fail
monit | | watch processes and restart them when they fail
munin | munin node | graphs of resources of many machines
collectd | | collect system statistics of machines
telegraf | | agent that collects metrics and sends them to a time series store
statsd | etsy statsd | count and time events of applications
graphite | carbon graphite | store numeric time series and draw graphs
ganglia | | monitoring of large computing clusters
htop | | watch processes and load in the terminal
bpytop | | watch processes and load in the terminal
btop | | watch processes and load in the terminal
dashdot | | simple live page of server load
nezha | nezha monitoring, nezha agent | overview of many servers with alerts
komari | komari monitor | light probe page for many servers
pulse | rcourtman pulse, pulse proxmox | live monitoring page of virtual machine hosts
patchmon | | see which machines lack package updates
speedtest-exporter | | metrics of the speed of the internet connection
hyperdx | | find and fix production problems with logs and replays
perses | | dashboards for metrics kept as code
percona-pmm | percona monitoring and management | monitoring of databases and their queries
pgwatch | pgwatch2 | monitoring of postgresql database servers
pganalyze | | find slow queries of a database
pgbadger | | report of slow queries from postgresql logs
pghero | | dashboard of slow queries and indexes of postgresql
coroot | | find causes of trouble in services with maps
hertzbeat | apache hertzbeat | monitoring of services and machines without agents
skywalking | apache skywalking | application performance monitoring of services
parca | | continuous profiling of the whole system
kuberhealthy | | synthetic checks inside a cluster
robusta | robusta dev | explains alerts of a cluster
`;
