/** Web servers, reverse proxies, gateways. One product on a line: name | aliases | what people want it for. */
export const webProducts = `
nginx | nginx plus | web server and reverse proxy for websites
openresty | | web server and reverse proxy for websites
apache | apache2, httpd, apache http server | web server for websites with modules
caddy | caddyserver | web server and reverse proxy with automatic https
lighttpd | | light web server for small machines
openlitespeed | litespeed | fast web server for php websites
iis | microsoft iis | web server of windows for websites
static-web-server | | serve static files with a tiny web server
thttpd | | serve static files with a tiny web server
darkhttpd | | serve static files with a tiny web server
traefik | traefik proxy, traefik v3 | reverse proxy that finds containers and gets certificates, ingress, letsencrypt https, load balancer
nginx-proxy-manager | | reverse proxy with a web page for hosts and certificates, letsencrypt certificates, hosts and redirects
npmplus | | reverse proxy with a web page for hosts and certificates
nginx-proxy | jwilder nginx proxy | automatic reverse proxy for containers
acme-companion | | certificates for an automatic reverse proxy of containers
nginx-ui | | manage web server settings in the browser
swag | linuxserver swag, secure web application gateway | reverse proxy with certificates ready to use
haproxy | | load balancer and proxy for web and tcp traffic
envoy | envoy proxy, envoy gateway | proxy for services in a mesh
zoraxy | | reverse proxy and forwarding with a web page
godoxy | go proxy yusing | reverse proxy with automatic routes for containers
caddy-docker-proxy | | reverse proxy settings from container labels
pound | pound proxy | small reverse proxy and load balancer
hitch | varnish hitch | tls proxy before a cache
stunnel | stunnel4 | wrap connections of programs in tls
sslh | | share one port between ssh and https
sozu | | reverse proxy that changes without restart
pingora | river proxy | framework to build fast web proxies
kong | kong gateway | api gateway with plugins in front of own services
apisix | apache apisix | api gateway with dynamic routes
tyk | tyk gateway | api gateway with keys and limits
krakend | | api gateway that joins backends
gravitee | | management and gateway for apis
wso2 | wso2 api manager | integration and api management of companies
tomcat | apache tomcat, tomcat9, tomcat10 | run java web applications, servlet container
wildfly | jboss, jboss eap | java application server for enterprise programs
jetty | eclipse jetty | java web server inside applications
glassfish | | java enterprise application server to run company web programs
payara | | java enterprise application server to run company web programs
weblogic | oracle weblogic | commercial java application server to run company web programs
websphere | | enterprise java application server to run company web programs
open-liberty | | enterprise java application server to run company web programs
gunicorn | | run python web applications behind a proxy
hypercorn | | run python web applications behind a reverse proxy
uvicorn | | run python web applications behind a reverse proxy
uwsgi | | application server for python sites
puma | | run ruby web applications behind a reverse proxy
phusion-passenger | | run ruby web applications behind a reverse proxy
frankenphp | | modern php application server behind a reverse proxy
roadrunner | | modern php application server behind a reverse proxy
error-pages | tarampampam error pages | pretty error pages for the proxy
whoami | traefik whoami | tiny page that shows the request, to test a proxy
webdav | bytemark webdav, hacdias webdav | share files over http folders
ferron | | fast web server written in rust
angie | angie web server | web server forked from another one
squidguard | | lists of blocked web addresses for a proxy
nghttpx | nghttp2 proxy | http2 proxy for web servers
imaginary | h2non imaginary | http service that changes images
gogatekeeper | louketo | login proxy for openid connect
ngx-pagespeed | mod pagespeed | makes websites load faster automatically
sablier | acouvreur sablier | start containers on demand when a page is opened
lazytainer | | stop idle containers and start them when needed
containernursery | | stop idle containers and start them when needed
`;
