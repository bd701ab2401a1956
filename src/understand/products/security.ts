/** Passwords, identity, certificates, intrusion, audits. One product on a line: name | aliases | what people want it for. */
export const securityProducts = `
vaultwarden | bitwarden rs | keep passwords, share logins in the family, password manager, password vault, secrets of the family
bitwarden | bitwarden unified | password manager with apps and browser extensions, password vault, share logins
passbolt | | password manager for teams with sharing
keepass | | password safe kept in a file
keeweb | | password safe kept in a file
keepassxc | | password safe kept in a file
psono | | password manager for companies, login and accounts in one place
teampass | | passwords shared by a team in folders
padloc | | modern password manager for individuals and teams
syspass | | business password manager in the browser
aliasvault | | password and alias manager with own mail
vault | hashicorp vault, vault server | keep secrets and keys for applications, secret management
openbao | | keep secrets and keys for applications, secret management
infisical | | secrets and environment variables for developers and teams
conjur | | secrets for machines and applications in companies
sops | mozilla sops, getsops | encrypt secrets inside configuration files
authentik | goauthentik | single sign-on for all apps, identity provider with flows, sso, login, oauth
authelia | | login page and two factor protection before web apps, single sign-on, sso, mfa
keycloak | red hat sso, rhsso | identity and access management with single sign-on, sso, login provider, oauth and openid
zitadel | | identity platform with single sign-on for many tenants
kanidm | | simple identity management with single sign-on and unix login
pocket-id | | simple single sign-on provider with passkeys
tinyauth | | small login page before web apps
voidauth | | single sign-on with a simple admin page
casdoor | | identity and access management with many login ways
logto | | sign in service for apps
ory | ory kratos, ory hydra | identity and oauth building blocks for developers
dex | dexidp | openid connect identity service that uses other providers
oauth2-proxy | | put a login of another provider before a web app
vouch-proxy | | single sign-on check for the reverse proxy
traefik-forward-auth | | login check for the reverse proxy
gluu | | enterprise identity server, login and accounts in one place
janssen | | enterprise identity server, login and accounts in one place
lemonldap-ng | lemonldap | web single sign-on and access management
shibboleth | | single sign-on of universities with saml
simplesamlphp | | saml identity and service provider
privacyidea | | second factor management for logins
linotp | | one time password server, login and accounts in one place
freeipa | idm freeipa | central users, groups and kerberos for linux machines
openldap | slapd, symas openldap | ldap directory of users and groups
lldap | light ldap | simple ldap directory of users for home apps
glauth | | small ldap server from a file
389-directory-server | 389ds | ldap directory server for large networks
phpldapadmin | | edit the ldap directory in the browser
ldap-account-manager | | manage ldap users in the browser
kerberos | krb5, krb5 kdc | tickets for single login in a network
sssd | | log in to linux with central users
samba-ad | samba4 ad, samba active directory, samba dc | domain controller for windows computers
univention | ucs univention, univention corporate server | domain and identity system for companies
fail2ban | f2b | block addresses after failed logins, brute force protection, ban attackers, intrusion prevention for ssh
crowdsec | | block attackers with shared lists, intrusion prevention, ban brute force attackers and bots, security
sshguard | | block attackers that guess ssh passwords
denyhosts | | block hosts that try to break into ssh
endlessh | endlessh go | trap that slows down ssh attackers
cowrie | | honeypot that records ssh attackers
tpot | t pot honeypot | platform of many honeypots with charts
opencanary | | honeypot that warns of intruders in the network
ufw | uncomplicated firewall, gufw | simple firewall, open and close ports, packet filter, allow and deny traffic
firewalld | | firewall with zones on linux
nftables | nft | packet filter firewall of linux
iptables | iptables persistent, netfilter persistent | classic linux firewall rules for packets
ferm | | write firewall rules in a readable file
shorewall | | firewall configuration of zones for routers
suricata | | detect intrusions in network traffic
snort | snort3 | network intrusion detection by rules
zeek | bro ids | network security monitor that logs traffic
security-onion | | threat hunting and security monitoring distribution
wazuh | wazuh manager, wazuh agent | security monitoring of machines, intrusion and integrity detection
ossec | | host intrusion detection with log analysis
aide | aide integrity | detect changed files by checksums
tripwire | | detect changed system files and warn
rkhunter | | search for rootkits on the machine
chkrootkit | | check the machine for rootkits
clamav | clamd, clamav daemon, freshclam | virus scanner for files and mails, antivirus, malware detection
maldet | linux malware detect | malware scanner for web hosting
lynis | | security audit and hardening hints for linux
openscap | oscap | check machines against security policies
openvas | greenbone, gvm, greenbone vulnerability manager | scan the network for vulnerabilities
nessus | | commercial vulnerability scanner to find security holes
nuclei | projectdiscovery nuclei | scan web services for known holes by templates
zap | owasp zap, zaproxy | find security holes in web applications
nikto | | scan web servers for dangerous files
trivy | | scan container images for vulnerabilities
grype | anchore grype | find vulnerable packages in images
clair | quay clair | vulnerability analysis of container images
dependency-track | | follow vulnerable components in software inventories
defectdojo | | collect and track security findings
falco | falcosecurity | detect strange behaviour of containers at run time
kyverno | | policies for what may run in a cluster
open-policy-agent | | policy engine for decisions and admissions
opa-gatekeeper | | policy engine for decisions and admissions
velociraptor | | collect evidence and hunt threats on endpoints
osquery | | ask machines questions in sql
fleetdm | fleet osquery | manage computers and ask them questions
thehive | thehive project | manage security incidents as a team
thehive-cortex | cortex analyzers | analyse security observables with many services
misp | | share threat information and indicators
opencti | | knowledge base about threats and attackers
modsecurity | | web application firewall for web servers
coreruleset | owasp crs | rules against attacks for a web application firewall
coraza | | web application firewall in go
bunkerweb | | web server with built in protection, web application firewall
safeline | chaitin safeline | web application firewall as reverse proxy
anubis | techaro anubis | keep scraper bots away from websites
certbot | letsencrypt | get https certificates automatically, tls for websites
acme-sh | | shell script that gets tls certificates
lego | go acme lego | get tls certificates with dns challenges
dehydrated | | certificates from an acme authority by a shell script
step-ca | smallstep, step certificates | own certificate authority for internal machines
easy-rsa | | small certificate authority for vpn clients
xca | | manage certificates and keys in a window
cfssl | | toolkit to sign and check certificates
ejbca | | enterprise certificate authority to issue certificates
cert-manager | | certificates for services in a cluster automatically
certwarden | | central management of acme certificates
boulder | letsencrypt boulder | certificate authority software for acme
auditd | | record security events of the system
apparmor | | limit what programs may do by profiles, mandatory access control, confine programs
selinux | | mandatory access control of linux, confine programs by labels and policies
usbguard | | allow only known usb devices
clevis | | unlock encrypted disks over the network
luks | cryptsetup | encrypt disks of linux machines, full disk encryption, encrypted volumes
age-encryption | filippo age | simple file encryption tool with small keys
gnupg | gpg | sign and encrypt files and mails with keys
warpgate | | bastion host for ssh and databases without clients
jumpserver | | bastion host with audit for administrators
bastillion | keybox | web based ssh console and key management
pritunl | | vpn server and zero trust access for companies
ente-auth | ente authenticator | second factor codes in sync on all devices
2fauth | | keep two factor codes in the browser
`;
