/*
 * Words of everyday language that lie near each other, and what well-known services on the internet are used for. General
 * knowledge of English, not of any catalogue: it only helps to order what a person is asked about. One group a line.
 */

/** Words that people use for the same need. A word may stand in several groups. */
export const nearWords: readonly string[] = `
film movie video cinema
tv television series episode
music song album tune audio
audiobook podcast
book ebook epub novel reading library
comic manga
photo picture image gallery
recipe meal cooking kitchen grocery food
money finance budget spending expense bill cost
invoice billing bookkeeping accounting
password credential login vault
secret key token credential
share sharing exchange
sync synchronise synchronize synchronization mirror
download grab fetch
upload send transfer
torrent bittorrent p2p
usenet newsgroup nzb
notify notification alert push warn
chat messenger messaging talk
voice speech call speak
speech transcribe recognition dictation
meeting conference call webinar
mail email inbox mailbox smtp
newsletter mailing campaign subscriber
calendar appointment schedule event
booking reservation appointment
contact address addressbook
task todo kanban board project
helpdesk support ticket customer
crm customer client contact
wiki knowledge documentation manual
note notes markdown notebook journal diary
bookmark link favourite
article read later
short shorten shortener
paste snippet
diagram drawing whiteboard sketch chart
survey form poll questionnaire
flashcard study learn vocabulary
translate translation language
grammar spelling spell
search find index
statistic stats analytics history
visitor tracking analytics
metric graph dashboard chart visualise
log logging journal
monitor monitoring uptime watch check
outage down uptime availability
disk drive hdd harddisk storage smart
backup copy archive save snapshot
certificate tls ssl https ca pki
firewall filter packet
intrusion ban attack attacker brute bruteforce
vpn tunnel
dns resolver nameserver domain
dhcp lease
proxy reverse ingress gateway
balance balancer balancing
advert ad advertising blocker tracker
camera surveillance cctv nvr recorder
home house smart
automation automate automatic workflow
sensor device zigbee iot
printer printing print
car vehicle driving trip
game gaming gamer player
container docker
virtual vm hypervisor kvm virtualisation virtualization machine
user account people
group team family friend
remote desktop screen
shell terminal console
encrypt encryption crypt
time clock ntp
banner motd greeting
language locale
spam junk filter
queue broker message
cache caching
database sql table
bucket object s3
git code repository source
pipeline build ci
registry image artifact
editor ide code
browser web
website site page web
viewer view look browse inspect see
tag tagging metadata
organise organize manage tidy
access control permission
map location gps position
fitness workout training sport
ups power battery uninterruptible
speedtest bandwidth speed
network lan
dlna upnp
stream streaming broadcast
convert conversion transcode
rip ripper disc dvd
plan planning planner
inventory asset stuff
genealogy ancestry family tree
plant garden
blog publish writing post
shop store ecommerce sell
social network fediverse federated microblog
forum discussion community
media library server
subtitle caption
request wish ask
swap swapfile memory
mount share export
patch update upgrade
restart heal unhealthy
job cron scheduled
pdf document
scan scanned ocr
office spreadsheet word presentation
sign signature
identity sso login authentication
two-factor mfa otp
inspect capture sniff
start boot pxe
`
  .trim()
  .split("\n");

/** Services that people know from the internet -> words for what they do. What is named is searched by these words. */
export const knownServices: readonly (readonly [string, string])[] = (
  [
    ["youtube", "video platform channel"],
    ["vimeo", "video platform"],
    ["twitter", "microblog social network fediverse"],
    ["facebook", "social network"],
    ["instagram", "photo sharing social network"],
    ["reddit", "forum link discussion"],
    ["spotify", "music streaming"],
    ["apple music", "music streaming"],
    ["soundcloud", "music streaming"],
    ["netflix", "film series media streaming"],
    ["audible", "audiobook"],
    ["kindle", "ebook reading"],
    ["goodreads", "book reading list"],
    ["dropbox", "file sync sharing storage"],
    ["google drive", "file sync sharing storage"],
    ["onedrive", "file sync sharing storage"],
    ["icloud", "file photo sync storage"],
    ["google photos", "photo backup gallery"],
    ["google docs", "document office collaborative editing"],
    ["office 365", "document office collaborative editing"],
    ["excel", "spreadsheet"],
    ["evernote", "note"],
    ["onenote", "note"],
    ["notion", "wiki note knowledge workspace"],
    ["confluence", "wiki knowledge documentation"],
    ["trello", "kanban board project task"],
    ["asana", "project task board"],
    ["jira", "project issue ticket tracker"],
    ["todoist", "todo task list"],
    ["slack", "team chat"],
    ["microsoft teams", "team chat"],
    ["discord", "team chat voice"],
    ["whatsapp", "messenger chat"],
    ["zoom", "video conference meeting call"],
    ["google meet", "video conference meeting call"],
    ["skype", "video call conference"],
    ["gmail", "mail webmail"],
    ["google analytics", "web analytics visitor statistic"],
    ["google calendar", "calendar"],
    ["google forms", "survey form"],
    ["typeform", "survey form"],
    ["mailchimp", "newsletter mailing campaign"],
    ["zendesk", "helpdesk support ticket customer"],
    ["intercom", "support customer chat"],
    ["github", "git repository code hosting"],
    ["bitbucket", "git repository code hosting"],
    ["travis", "build pipeline ci"],
    ["heroku", "deploy platform app"],
    ["vercel", "deploy platform app"],
    ["zapier", "workflow automation"],
    ["ifttt", "workflow automation"],
    ["bitly", "short link url"],
    ["pastebin", "paste text snippet"],
    ["pocket", "read later article save"],
    ["instapaper", "read later article save"],
    ["feedly", "feed rss reader"],
    ["google reader", "feed rss reader"],
    ["lastpass", "password manager"],
    ["1password", "password manager"],
    ["okta", "identity sso login"],
    ["auth0", "identity sso login"],
    ["ngrok", "tunnel expose"],
    ["datadog", "monitoring metric"],
    ["pagerduty", "alert on-call"],
    ["pingdom", "uptime monitoring"],
    ["statuspage", "status page uptime"],
    ["splunk", "log search"],
    ["airtable", "spreadsheet database table"],
    ["salesforce", "crm customer"],
    ["shopify", "shop"],
    ["medium", "blog publish writing"],
    ["ynab", "budget finance"],
    ["splitwise", "share expense group"],
    ["strava", "fitness workout tracking"],
    ["google maps", "map location"],
    ["quizlet", "flashcard study"],
    ["calendly", "appointment booking schedule"],
    ["docusign", "sign document"],
    ["wetransfer", "send file sharing"],
    ["imgur", "image upload sharing"],
    ["twitch", "live stream video"],
    ["chatgpt", "language model chat assistant"],
    ["alexa", "voice assistant"],
    ["teamviewer", "remote desktop"],
    ["anydesk", "remote desktop"],
    ["google search", "search engine private"],
    ["google translate", "translate language"],
    ["myfitnesspal", "food health tracking"],
    ["tesla", "electric car trip"],
    ["eventbrite", "event planning group"],
    ["meetup", "event planning group"],
  ] as const
).map(([name, does]) => [name, does] as const);
