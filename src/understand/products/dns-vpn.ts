/** Names, ad blocking, tunnels. One product on a line: name | aliases | what people want it for. */
export const dnsProducts = `
pi-hole | | block ads and trackers for the whole network, dns sinkhole, ad blocker, dns filter
adguard-home | adguard, agh | block ads and trackers in the network, dns filter with parental control, ad blocker, sinkhole, safe browsing
adguardhome-sync | | copy settings between two ad blocking dns servers
blocky | blocky dns | fast dns proxy that blocks ads for the local network
technitium | technitium dns | own dns server with ad blocking and a web page
nextdns | nextdns cli | filtering dns service client that blocks ads
unbound | unbound dns, nlnetlabs unbound | validating recursive dns resolver for names of the network, caching resolver, recursive lookups
bind9 | isc bind | authoritative dns server and resolver for own domains
powerdns | pdns | dns server with zones in a database
powerdns-recursor | pdns recursor | dns resolver with a cache for the network
powerdns-admin | pdns admin | edit dns zones and records in the browser
knot-dns | knotd | fast authoritative dns server and resolver
knot-resolver | kresd | fast authoritative dns server and resolver
nsd | nlnetlabs nsd | lean authoritative dns server for names of the network
coredns | | dns server with plugins, used inside clusters
dnsmasq | | small dns forwarder and dhcp server for a local network, caching resolver, names of the lan
dnscrypt-proxy | dnscrypt | encrypt dns queries with dnscrypt or https
cloudflared | cloudflare tunnel, argo tunnel | reach home services from outside without opening ports, tunnel
stubby | getdns stubby | encrypt dns lookups with tls
smartdns | | local dns that picks the fastest address
dnsdist | | load balancer for dns queries
dnsproxy | adguard dnsproxy | simple encrypted dns proxy for names of the network
ddclient | | dynamic dns updater, keep the domain name at the changing home address
ddns-updater | | update dynamic dns records with a web page
cloudflare-ddns | favonia cloudflare ddns | keep records at a dns provider on the current home address
duckdns | | free dynamic dns name for the home address
inadyn | | small dynamic dns client for routers
octodns | | manage dns zones as code at several providers
dnscontrol | | dns records as code for many providers
external-dns | | create dns records for cluster services automatically
avahi | avahi daemon | find machines and printers by local names, mdns
mdns-repeater | mdns reflector | pass local device discovery between networks
wireguard | wg quick | fast vpn tunnel to reach home from outside, virtual private network, road warrior access to the home network
wg-easy | wireguard easy | create vpn clients with a simple web page, wireguard vpn server with a web ui
wireguard-ui | | manage vpn peers in the browser
wgdashboard | | manage vpn peers in the browser
firezone | | zero trust remote access with vpn and policies
openvpn | openvpn as, openvpn access server | classic vpn server for remote access to the network, private tunnel from outside
pivpn | | easy vpn installer for small boards
tailscale | | mesh vpn that connects all own devices without port forwarding
headscale | | own control server for the mesh vpn of all devices
headplane | | web page for the own mesh vpn control server
netbird | | mesh vpn with single sign-on and access rules
netmaker | | build mesh networks between machines with vpn
nebula | slackhq nebula | overlay network that connects machines securely
zerotier | zerotier one | virtual network between devices anywhere
ztnet | | web page of a virtual network controller
innernet | | private network with wireguard and cidr rules
tinc | tincd | mesh vpn daemon between sites
strongswan | | ipsec vpn between sites and for phones
openswan | | ipsec vpn between sites and for phones
libreswan | | ipsec vpn between sites and for phones
softether | softether vpn | vpn server that speaks many protocols
algo | algo vpn, trailofbits algo | set up a personal vpn in the cloud
ocserv | openconnect server | vpn server for anyconnect clients
openconnect | | client for company ssl vpn gateways
streisand | | vpn servers against censorship to get free internet access
outline-vpn | shadowbox | simple vpn server to share with friends
shadowsocks | shadowsocks libev, shadowsocks rust | encrypted proxy against censorship to get free internet access
xray | xray core | proxy platform against censorship with many protocols
marzban | | proxy platform against censorship with many protocols
3x-ui | | proxy platform against censorship with many protocols
v2ray | | proxy platform against censorship with many protocols
sing-box | | universal proxy platform for many protocols
hysteria | hysteria2 | fast proxy over unreliable networks
trojan-go | | proxy that looks like normal web traffic
tor | tor relay, tor browser relay | anonymous network relay and hidden services
i2pd | i2p | anonymous overlay network router to get free internet access
yggdrasil | yggdrasil network | encrypted mesh network with own addresses
frp | frps, frpc, fatedier frp | expose a local server behind nat to the internet, tunnel
rathole | | fast reverse tunnel for services behind nat
ngrok | | make a local service reachable on the internet for a while
pangolin | fosrl pangolin | tunnelled reverse proxy to reach home services with login
newt | fosrl newt | client of a tunnelled reverse proxy for home services
bore | bore cli | tunnel local ports to a public server
chisel | jpillora chisel | fast tcp tunnel over http
inlets | | tunnel private services to the internet
zrok | | share services privately over a zero trust network
openziti | | share services privately over a zero trust network
boringproxy | | tunnels and reverse proxy for home services
sshuttle | | poor man's vpn over ssh
autossh | | keep ssh tunnels alive and reconnect them
`;
