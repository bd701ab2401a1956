/** Routers, network management, proxies of the network. One product on a line: name | aliases | what people want it for. */
export const networkingProducts = `
opnsense | | firewall and router system with a web page
pfsense | | firewall and router operating system for the network edge
openwrt | lede | linux system for home routers and access points
dd-wrt | | alternative firmware for wifi routers
vyos | | router operating system configured on the command line
ipfire | | hardened firewall distribution for networks
mikrotik-routeros | routeros, mikrotik | router operating system for switches and wireless devices
frr | frrouting, free range routing | routing daemon for bgp and ospf
bird | bird2, bird routing | internet routing daemon for bgp
quagga | zebra routing | older routing daemon suite for bgp and ospf
exabgp | | announce routes with bgp from programs
unifi-controller | unifi, unifi network application, unifi network | manage wifi access points and switches of unifi
omada-controller | omada, tp link omada | manage wireless access points and switches of omada
openwisp | | manage many routers and wifi networks
hostapd | | turn a machine into a wifi access point
freeradius | | radius server, log in to wifi and network with own account
packetfence | | network access control for guests and devices
coovachilli | | captive portal for wifi guests
kea | isc kea, kea dhcp | modern dhcp server that gives addresses to devices, dhcp leases
isc-dhcp-server | dhcpd, isc dhcp | dhcp server that hands out ip addresses, assign addresses in the lan, leases
dhcpcd | | dhcp client for addresses of network cards
netbox | | document networks, racks and ip addresses, network source of truth, ip address management, inventory of a datacenter, racks and cables
nautobot | | network source of truth and automation
phpipam | | manage ip addresses and subnets in the browser
racktables | | document racks and equipment of a data center
nipap | | ip address planning for large networks
ralph | allegro ralph | asset management for data centers
librenms | | monitor switches and routers with snmp, network monitoring
observium | | network monitoring with snmp and graphs
opennms | | network management and monitoring of large networks
cacti | | graphs of network traffic with snmp
mrtg | | traffic graphs of router ports
smokeping | | measure network latency over time with graphs
ntopng | ntop | see who uses the network traffic, flow analysis
nfsen | | look at netflow traffic records
nfdump | | look at netflow traffic records
akvorado | | collect and show network flows
darkstat | | network traffic statistics of hosts
vnstat | | count network traffic per day and month
bandwhich | | see which program uses bandwidth
wireshark | tshark | capture and analyse network packets
arkime | moloch | full packet capture and search
netalertx | pialert | tell when unknown devices join the network, presence scanner
watchyourlan | | list devices in the local network and warn of new ones
netdisco | | find devices on switch ports in the network
nmap | | scan hosts and open ports of the network
oxidized | | back up configurations of switches and routers
rancid | | keep history of router configurations
unimus | | back up and change network device configurations
iperf3 | iperf | measure the bandwidth between two machines
librespeed | librespeed speedtest | speed test of the own connection in the browser
openspeedtest | | test network speed in the browser without plugins
speedtest-tracker | | measure the internet speed regularly and chart it
myspeed | | internet speed tests on a schedule with charts
squid | squid proxy, squid cache | caching web proxy for a network
privoxy | | filtering web proxy that removes ads
tinyproxy | | light http proxy for small networks
dante | dante socks, danted | socks proxy server for a local network
3proxy | | tiny proxy server for http and socks
mitmproxy | | look into and change web traffic for debugging
e2guardian | | content filter for web access of children
dansguardian | | older content filter for web access of children
lancache | | cache game downloads for a lan party
apt-cacher-ng | | cache debian and ubuntu packages for all machines
keepalived | | virtual ip address that moves to another machine when one fails
pacemaker | | high availability cluster manager with failover
corosync | | messages between members of a high availability cluster
ucarp | | share one virtual address between hosts
metallb | | load balancer addresses for clusters on bare metal
kube-vip | | virtual address and load balancer for cluster control planes
openvswitch | ovs | virtual switch for machines and networks
ovn | | virtual networks on top of virtual switches
containerlab | clab | build network labs out of containers
gns3 | | emulate networks with routers for learning
eve-ng | | virtual network lab for learning
upsnap | | wake sleeping computers over the network by a click
wakeonlan | | wake computers over the network from the command line
etherwake | | wake computers over the network from the command line
gptwol | | web page to wake computers in the network
nut | network ups tools, nut upsd | watch the ups and shut machines down on power failure
apcupsd | | watch an uninterruptible power supply and shut down safely
peanut | brandawg93 peanut | dashboard for uninterruptible power supplies
stuntman | stunserver | tell clients their public address behind nat
miniupnpd | | open ports on request with upnp
ser2net | | reach serial ports over the network
usbip | | use usb devices over the network
virtualhere | | use usb devices of another computer over the network
`;
