/** Content management, shops, blogs, learning. One product on a line: name | aliases | what people want it for. */
export const websiteProducts = `
wordpress | wordpress org | website and blog with themes and plugins, content management
woocommerce | | online shop as a plugin of a website system
ghost | ghost cms, ghost blog | blog and newsletter publishing with members
joomla | | content management system for websites
drupal | | content management framework for large websites
typo3 | | enterprise content management for websites
concrete-cms | concrete5 | edit website pages in place
grav | getgrav | website from flat files without a database
kirby | kirby cms | file based content management for websites
statamic | | content management for designed websites
craft-cms | | content management for designed websites
october-cms | | content management based on php
winter-cms | | content management based on php
silverstripe | | content management for websites in php
plone | | content management for intranets in python
wagtail | wagtail cms | content management for django websites
strapi | | content management through an api, headless
payload-cms | | headless content management in code
keystonejs | | headless content management for developers
hugo | gohugo | static websites from markdown, own website without a database
jekyll | | static blog from text files
hexo | | fast static blog generator, write and publish articles
astro | astro build | framework of fast content websites
eleventy | 11ty | simple static site generator, own website without a database
gatsby | gatsbyjs | static websites built with react
pelican | pelican blog | static blog in python, write and publish articles
publii | | write a static website on the desktop
writefreely | | minimal blog with federation, write and publish articles
plume | plume blog | federated blogging, write and publish articles
bludit | | simple blog in flat files
htmly | | blog without a database in php
serendipity | s9y | older php blog engine, write and publish articles
dotclear | | blog software with plugins, write and publish articles
chyrp-lite | chyrp | very light blog engine, write and publish articles
automad | | file based website builder, build own website
microweber | | drag and drop website builder and shop
grapesjs | | build web pages by drag and drop
magento | adobe commerce | large online shop software, sell goods online
openmage | | large online shop software, sell goods online
prestashop | | online shop for small sellers
opencart | | online shop with extensions, sell goods online
shopware | | online shop and commerce platform
medusajs | | headless commerce backend, sell goods online
saleor | | headless online shop with graphql
bagisto | | online shop based on laravel
sylius | | online shop framework in php
evershop | | online shop built with react
btcpay-server | btcpay | accept bitcoin payments in a shop
moodle | moodle lms | learning platform with courses for schools
canvas-lms | instructure canvas | learning management for universities, lessons for students online
ilias | ilias lms | learning platform with tests, lessons for students online
chamilo | | e-learning platform with courses, lessons for students online
openedx | tutor openedx | online courses for many learners
opigno | | e-learning for companies, lessons for students online
kolibri | | offline learning platform for schools
h5p | | interactive learning content, lessons for students online
opencast | | record and publish lectures, lessons for students online
anki-sync-server | anki, ankisyncd | sync flash cards for learning words
frappe-lms | | simple course platform, lessons for students online
classquiz | | quiz games in the class room
pretix | | sell tickets for events and conferences
pretalx | | collect talks and plan a conference
indico | cern indico | organise conferences and meetings, manage visitors and registration
hi-events | | event ticket sales, manage visitors and registration
attendize | | tickets and event management, manage visitors and registration
yourls | | short links on own domain, url shortener
shlink | | url shortener with statistics, short links on own domain
kutt | | modern url shortener with own domain
polr | | simple url shortener, short links on own domain
chhoto-url | chhoto | tiny url shortener, short links on own domain
lstu | | light link shortener, short links on own domain
dub-co | | short links with analytics for marketing
isso | | comments for a blog without big providers
commento | | comment box for websites, visitors write under articles
comentario | | comment box for websites, visitors write under articles
remark42 | | comments on websites without tracking
giscus | | website comments kept on a code host
artalk | | comment system for blogs and articles
wikibase | | structured knowledge base like linked facts
omeka | omeka s | online exhibitions of museums and archives
dspace | | repository of research papers, university archive
invenio | inveniordm | repository of research data, university archive
dataverse | | publish research data sets, university archive
ckan | | open data portal with datasets
tileserver-gl | tileserver | own map tiles for websites
nominatim | | find addresses and places on the map, geocoding
osrm | | route planning on street maps
valhalla | | route planning on street maps
graphhopper | | route planning on street maps
openrouteservice | | route planning on street maps
geoserver | | share geographic data as maps
umap | osm umap | make own maps with markers
wanderer | openwanderer | keep trails and hikes on a map
fittrackee | | track sports activities with maps
endurain | | own log of runs and rides
wger | | plan workouts and meals for training
adventurelog | | log of trips and visited places
koha | koha ils | library catalogue and lending of books
evergreen-ils | | library lending for several branches
hestiacp | hestia control panel | web hosting control panel with mail and domains
vestacp | | web hosting control panel with mail and domains
ispconfig | | web hosting panel for several servers
cpanel | whm cpanel, cpanel whm | commercial web hosting panel, manage websites and domains
plesk | plesk obsidian | commercial web hosting panel, manage websites and domains
directadmin | | web hosting control panel for resellers
cyberpanel | | web hosting panel with litespeed
aapanel | baota, bt panel | simple server panel to manage websites
1panel | | modern linux server panel with app store
froxlor | | light server management panel for hosting
keyhelp | | free web hosting panel, manage websites and domains
cloudpanel | | server panel for php and node websites
`;
