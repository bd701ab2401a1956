/** Workflows, configuration management, jobs, runbooks. One product on a line: name | aliases | what people want it for. */
export const automationProducts = `
n8n | n8n.io | automate workflows between apps and services without much code
huginn | | agents that watch the web and act, automation of events
activepieces | | automation builder to connect apps without code
windmill | windmill labs | turn scripts into workflows, jobs and internal apps
kestra | | orchestrate data and job workflows declared in files
automatisch | | connect apps and automate tasks without code
airflow | apache airflow | schedule and monitor data pipelines and workflows
dagster | | orchestrate data pipelines and assets
prefect | | run and watch data workflows written in python
luigi | spotify luigi | build pipelines of batch jobs in python
temporal | temporalio | durable workflow engine for long running jobs
camunda | zeebe | business process and workflow automation with diagrams
argo-workflows | | run container workflows and jobs on a cluster
nifi | apache nifi | move and transform data between systems by flows
airbyte | | copy data from apps and databases into a warehouse
apache-beam | | batch and stream data processing pipelines
changedetection | changedetection.io | watch web pages and tell when they change, price and page change monitor, notification
urlwatch | | get told when a web page changes
browserless | | headless browser service for scraping and screenshots
selenium | selenium grid, selenium hub | automate browsers for web tests
playwright-server | | remote browsers for automated web tests
scrapyd | | run web scraping spiders as a service
stackstorm | st2 | event driven automation and runbooks for operators
rundeck | | run jobs and runbooks on many machines with permissions
semaphore | ansible semaphore, semaphoreui | web page to run ansible playbooks
awx | ansible awx, ansible tower, ansible automation platform | web control for ansible jobs and inventories
ansible | ansible core | configure machines by playbooks, configuration management
ara | ara records ansible | record and look at results of ansible runs
puppet | puppetserver | configuration management with an agent on every machine
openvox | | configuration management with an agent on every machine
foreman | theforeman | provision and manage the life cycle of machines
chef | chef infra, chef server | configuration management with recipes for many machines at once
cinc | | configuration management with recipes for many machines at once
salt | saltstack, salt master, salt minion | configuration management and remote execution on many machines
cfengine | | configuration management with a small agent
rudder | rudder io | configuration and compliance of many machines
terraform | | describe cloud infrastructure as code and create it
opentofu | | open infrastructure as code tool, create cloud resources
terragrunt | | keep infrastructure code for many environments short
atlantis | runatlantis | review and apply infrastructure code from pull requests
pulumi | | infrastructure as code in programming languages
packer | hashicorp packer | build machine images for clouds and hypervisors automatically
vagrant | | create development virtual machines from a file
cloud-init | | first boot configuration of cloud machines
cobbler | | install machines over the network
maas | metal as a service, canonical maas | provision bare metal machines like a cloud
fog-project | fog imaging | clone and deploy computer images over the network
netboot-xyz | | boot installers of many systems over the network, pxe boot of computers, network installation
ipxe | | network boot loader for diskless machines
matchbox | poseidon matchbox | network boot and provisioning of container clusters
tinkerbell | | bare metal provisioning with workflows
opsi | uib opsi | manage windows clients and roll out programs
tactical-rmm | | remote monitoring and management of windows computers
meshcentral | | remote control and management of computers in the browser
rustdesk | rustdesk server, hbbs, hbbr | remote desktop help, own relay for screen sharing, remote control of computers, support
guacamole | apache guacamole, guacd | remote desktop and ssh in the browser without a client, gateway for rdp and vnc
remotely | | remote control and support of computers
dwservice | dwagent | reach computers remotely through the browser
kasm | kasm workspaces, kasmweb | desktops and browsers in containers streamed to the web
webtop | linuxserver webtop | full linux desktop in the browser
neko | m1k1o neko | shared virtual browser to watch together
xrdp | | remote desktop login to linux machines
tigervnc | tigervnc server | share a linux desktop over vnc
novnc | | vnc remote desktop in the browser
x2go | | remote linux desktop over ssh
nomachine | | fast remote desktop access over the network
teleport | goteleport, gravitational teleport | secure access to servers, clusters and databases with audit
healthchecks | healthchecks.io | get told when a cron job did not run, monitor backups and scheduled jobs, dead man switch
cronicle | | job scheduler on many machines with a web page
xyops | | job scheduler and server automation with a web page
ofelia | | cron jobs for docker containers
cronmaster | | manage cron jobs in the browser
supercronic | | cron runner made for containers
dkron | | distributed job scheduler without a single point of failure
jobber | | cron replacement with error handling
olivetin | | safe buttons in the browser that run prepared commands
script-server | scriptserver bugy | run scripts from a web page with forms
shellhub | | ssh gateway to remote linux devices
nexterm | | ssh, vnc and rdp sessions in one web page
sshwifty | | ssh and telnet client in the browser
wetty | | terminal in the browser over http
ttyd | | share a terminal over the web
termix | | ssh terminals and tunnels in one web page
powershell-dsc | desired state configuration | configuration of windows machines by declarations
`;
