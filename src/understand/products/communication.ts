/** Chat, calls, forums, social networks. One product on a line: name | aliases | what people want it for. */
export const communicationProducts = `
synapse | matrix synapse, matrixdotorg synapse | matrix chat server, private and federated messenger for own domain, encrypted messaging, team chat
dendrite | matrix dendrite | second generation matrix chat server, lighter
conduit | matrix conduit | small and fast matrix chat server
continuwuity | | small and fast matrix chat server
tuwunel | | small and fast matrix chat server
conduwuit | | small and fast matrix chat server
element | element web, element matrix, riot web | web client for matrix chat rooms
element-call | | video calls in matrix chat rooms
cinny | | matrix chat client in the browser with a simple look
hydrogen | hydrogen web | light matrix client for the browser
schildichat | | matrix chat client with unified message list
mautrix | mautrix bridge | bridges between matrix and other messengers
mautrix-telegram | | bridge chats of telegram into matrix
mautrix-whatsapp | | bridge chats of whatsapp into matrix
mautrix-signal | | bridge signal chats into matrix
mautrix-discord | | bridge discord chats into matrix rooms
synapse-admin | | admin page for users and rooms of the matrix server
maubot | | bots for matrix chat with plugins
matterbridge | | bridge messages between different chat networks
coturn | | relay for voice and video calls behind nat, stun and turn server
mattermost | | team chat with channels, workplace messenger
rocketchat | | team chat and customer chat, messenger for the company
zulip | | team chat with topics and threads
revolt | revolt chat, stoat chat | community chat server with voice channels
spacebar | fosscord | chat platform compatible with a gamer chat
jitsi | jitsi meet | video conferences and online meetings in the browser, video calls, meeting rooms
bigbluebutton | bbb | virtual classroom and web conferences for teaching
galene | | light video conference server for lectures
mirotalk | mirotalk p2p, mirotalk sfu | video calls in the browser without an account
livekit | | real time audio and video server for apps
nextcloud-talk | spreed | video calls and chat inside the private cloud
apache-openmeetings | openmeetings | web conferences with whiteboard and recording
mumble | mumble server | voice chat for gamers and groups with low delay, talk while gaming, team voice server
teamspeak | teamspeak3, ts3, teamspeak 3 server | voice chat server for gaming groups
ejabberd | | xmpp chat server for many users
prosody | prosody im | light xmpp chat server for groups and communities
openfire | | xmpp messaging server with admin page
snikket | | simple private xmpp messenger for family and groups
converse | conversejs | xmpp chat client in the browser
inspircd | | irc chat server with modules
unrealircd | | irc server for chat networks
ergo | ergochat, oragono | modern irc server with history in one program
thelounge | the lounge irc | irc client in the browser that stays connected
znc | znc bouncer | irc bouncer that stays online and keeps messages
weechat | | irc chat client for the terminal
soju | soju bouncer | irc bouncer for several users
kiwiirc | | irc web client for visitors of a site
simplex | simplex chat, simplexmq | private messenger relay without user identifiers
signal-cli | signal cli rest api | send signal messages from scripts and services
telegram-bot-api | | own server for telegram bots
asterisk | | telephone system, voice over ip pbx
freepbx | | telephone system with web administration
freeswitch | | voice over ip telephony switch and conferences
fusionpbx | | web administration for a telephone switch with many tenants
kamailio | | sip server for large voice over ip networks
opensips | | sip proxy and router for voice over ip
3cx | | business phone system with apps
discourse | | forum software for communities and discussions
flarum | | simple and modern discussion forum
nodebb | | forum with real time discussions
phpbb | | classic bulletin board forum with topics and answers
mybb | | free forum software with themes
vanilla-forums | | community forum for customers with topics and answers
lemmy | lemmy ui | federated link sharing and discussions, communities, forum, link aggregator, fediverse
kbin | | federated link aggregator and microblog
mbin | | federated link aggregator and microblog
mastodon | | federated social network, short posts, own instance
gotosocial | | light federated social network server, fediverse, microblogging, short posts
pleroma | | federated microblogging server that needs few resources
akkoma | | federated microblogging server that needs few resources
misskey | | federated social network with reactions
firefish | calckey | federated social network with reactions
sharkey | | federated social network with reactions
pixelfed | | share photos in a federated social network
friendica | | federated social network with groups and events
diaspora | diaspora pod | decentralised social network in pods
hubzilla | | decentralised publishing and social network with privacy
mobilizon | | organise events and groups, federated event platform
gancio | | shared agenda of local events
bonfire | bonfire networks | federated communities with own rules
humhub | | social intranet for teams and clubs
elgg | | build own social network for groups and communities
strfry | | relay server of a decentralised message protocol
nostream | | relay server of a decentralised message protocol
bluesky-pds | atproto pds | own data server for a decentralised social network
chatwoot | | customer support chat and shared inbox
zammad | | help desk and ticket system for support requests, helpdesk, customer service
freescout | | shared mailbox and help desk for support mail, support tickets, customer inbox, helpdesk
osticket | | support ticket system for customers
otrs | | ticket system for service desks
znuny | | ticket system for service desks
uvdesk | | help desk ticket system for shops
peppermint | peppermint lab | small ticket system and help desk
glpi | | it asset management and help desk of a company
request-tracker | bestpractical rt | ticket and issue tracking by mail
libredesk | | open help desk with shared inboxes
papercups | | live chat widget for websites
ntfy | ntfy.sh | send push notifications to the phone from scripts, notify phone, alerts
gotify | | push notification server for own messages, notify phone, alerts from scripts
apprise | apprise api | send notifications to many services with one tool
pushover | | push notification service for phones
shoutrrr | | send notifications to chat services with url
mollysocket | | push messages for a private messenger without google
unifiedpush | | push notifications on phones without a big provider
`;
