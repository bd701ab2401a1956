/** Start pages, analytics, charts. One product on a line: name | aliases | what people want it for. */
export const dashboardProducts = `
homepage | gethomepage, homepage dashboard | start page with links and live widgets of all services, dashboard, portal
homarr | | dashboard with tiles for all home services, start page, portal, links and widgets
heimdall | linuxserver heimdall | application dashboard and launcher, links to own services, start page, portal
homer | bastienwirtz homer | static start page for services from a simple file
dashy | | start page for own services with status and themes, dashboard, links of the homelab
organizr | | one page with tabs for all media services, dashboard, portal
flame | pawelmalak flame | start page for the server with bookmarks and applications
glance | glanceapp | page that puts feeds and widgets together
dasherr | | minimal dashboard page with links to services
fenrus | | personal home page for services with live data
mafl | | minimal start page of services
starbase-80 | | nice page with links to own services
hajimari | | start page that finds services in a cluster
linkstack | littlelink custom | one page with all links about a person
littlelink | | one page with all links about a person
muximux | | portal page that shows web apps in frames
your-spotify | | statistics of own music listening
matomo | piwik | web analytics, count visitors of a website, visitor statistics, traffic reports
plausible | plausible analytics | simple web analytics without cookies, visitor statistics
umami | umami analytics | simple and private visitor statistics of websites, web analytics, visits
goatcounter | | easy web statistics without tracking people
fathom | fathom lite | simple privacy friendly website statistics
shynet | | web analytics without cookies, count page views of sites
ackee | | private website statistics in a small program
countly | | product and mobile analytics, count page views of sites
posthog | | product analytics with session recording and feature flags
open-web-analytics | | track visitors of websites, count page views of sites
awstats | | statistics from web server log files
webalizer | | older log file statistics of web servers
rybbit | | modern visitor statistics without cookies
swetrix | | web analytics with privacy, count page views of sites
offen | offen fair analytics | fair web analytics where visitors see their data
metabase | | ask questions of databases and make charts, business intelligence
superset | apache superset | explore data and build business dashboards
redash | | query data sources and share charts
lightdash | | business intelligence on top of data models
evidence-dev | evidence reports | reports made from sql and markdown
cubejs | cube dev | semantic layer and api for analytics
jupyterhub | | notebooks for data scientists with many users
jupyterlab | jupyter, jupyter notebook | notebooks to run python and draw data
zeppelin | apache zeppelin | notebooks for data analysis for teams that work with data
rstudio | rstudio server, posit workbench | statistics with r in the browser
shiny-server | | host interactive data applications written in r
shinyproxy | | start interactive data applications in containers
streamlit | | turn python scripts into data apps
spark | apache spark, pyspark | process large data on many machines
flink | apache flink | process streams of data without delay on many machines
hadoop | apache hadoop, hdfs | distributed storage and processing of large data
hive-metastore | apache hive | query large files with sql
trino | prestosql | query many data sources with sql
prestodb | | query many data sources with sql
mlflow | | keep track of machine learning experiments
growthbook | | feature flags and experiments for product teams
unleash | | feature flags to switch functions on and off
flagsmith | | feature flags and remote configuration
`;
