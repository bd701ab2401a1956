/** Notes, wikis, tasks, calendars, reading. One product on a line: name | aliases | what people want it for. */
export const productivityProducts = `
nextcloud | nextcloud aio, nextcloud hub | own cloud for files, calendar, contacts and photos, share and sync files, file sharing, office and groupware
owncloud | ocis, owncloud infinite scale | sync and share files between devices, private file cloud, file hosting, dropbox like
seafile | | fast file sync and share, private file cloud with libraries, file hosting, dropbox like
opencloud | | file sharing and collaboration platform for teams
pydio | pydio cells | share documents in an organisation, file sharing platform
bookstack | | wiki for documentation organised in shelves, books and pages, knowledge base, manuals and notes of a team
dokuwiki | | simple wiki without a database, knowledge base in plain files, notes and documentation pages
mediawiki | | large wiki software as used by encyclopaedias
wikijs | requarks wiki | modern wiki and knowledge base with markdown, documentation for teams
xwiki | | enterprise wiki to build structured knowledge
outline | outline wiki, getoutline | team knowledge base and wiki with fast editor
docmost | | collaborative wiki and documentation for teams
gollum | gollum wiki | wiki on top of a git repository
otterwiki | | minimal wiki with markdown kept in git
raneto | | markdown knowledge base from files
tiddlywiki | | personal notebook wiki in one page
wikmd | | file based markdown wiki for a team or family
affine | affine pro | workspace for notes, whiteboards and databases, knowledge base
appflowy | appflowy cloud | workspace for notes, tasks and databases
anytype | | local first workspace for notes and objects
siyuan | | personal knowledge notes with blocks and references
logseq | | outliner for personal notes and linked thoughts
obsidian | obsidian remote | write personal markdown notes with links
obsidian-livesync | | keep the markdown notes of all devices in sync
joplin | joplin server | take notes and to do lists, sync notes between devices
trilium | trilium notes, triliumnext | hierarchical personal notes, knowledge base for one person
standardnotes | | encrypted notes in sync on all devices
memos | usememos | short notes and quick thoughts as a private timeline
flatnotes | | simple markdown notes in a flat folder
silverbullet | | personal notes in markdown extended with queries
notesnook | | encrypted note taking with sync
turtl | | encrypted notes and bookmarks for a team
blinko | | capture quick ideas and notes with search
karakeep | hoarder, hoarder app | save bookmarks, links and images with automatic tags, read later, bookmark manager
linkding | | bookmark manager, save and tag links, read later, favourites
linkwarden | | collect and archive bookmarks together
linkace | | archive of bookmarks with lists and checks
shiori | | simple bookmark manager with offline copies
shaarli | | minimal bookmark sharing and personal links
wallabag | | save articles and read them later, read later, save web pages
omnivore | | read it later service for articles and newsletters
readeck | | keep readable copies of web articles to read later
grimoire | grimoire bookmarks | bookmark manager with a modern page
xbrowsersync | | keep browser bookmarks in sync, encrypted
floccus | | sync bookmarks of browsers with a private server
freshrss | | rss reader, follow news and blogs, feed aggregator, feed reader
miniflux | | minimal feed reader for news and blogs, rss reader
tt-rss | tiny tiny rss | news feed reader and aggregator with filters
commafeed | | rss feed reader inspired by a closed news reader
newsblur | | personal news reader with training
stringer | stringer rss | anti social rss reader for one person
selfoss | | universal feed reader and live stream of news
yarr | | yet another rss reader in one small program
rss-bridge | | make news feeds for sites that have none
rsshub | | generate rss feeds for nearly every website
fivefilters | full text rss | turn partial feeds into full articles
kanboard | | simple kanban board for projects and tasks
wekan | | kanban boards with cards and lists for teams
planka | | kanban board with real time updates for projects, project boards, tasks and cards
vikunja | | to do lists and tasks with reminders, shared task manager, kanban, task board, reminders
focalboard | | boards and tables for project tasks
taiga | taigaio | agile project management with sprints and backlog
openproject | | project management with gantt charts and work packages
plane | makeplane | issue tracker and project planning with cycles
leantime | | project management for people who are no project managers
redmine | | issue tracking and project management with wiki
youtrack | | issue tracker and agile boards for developers
jira | jira software, jira data center | issue tracking and agile boards for software teams
confluence | | company wiki with pages and spaces for teams
tasks-md | | task board kept in markdown files
super-productivity | | to do list with time tracking and breaks
donetick | | shared chores and tasks of a household
taskwarrior | taskserver, taskd, taskchampion | command line to do list with sync
nullboard | | minimal kanban board in one page
huly | huly platform | all in one project management and team workspace
tracks | tracks gtd | to do lists in the way of getting things done
habitica | | turn habits and to dos into a game
beaver-habits | | track daily habits without goals
cal-com | cal.diy | let people book appointments, scheduling links
easyappointments | | online booking of appointments for customers
rallly | | find a date for a meeting with a poll
framadate | | schedule polls to find a date together
radicale | | calendar and contacts server, caldav and carddav
baikal | baikal dav | light calendar and address book server
davical | | shared calendars with caldav in a relational database
xandikos | | calendar and contacts kept in git
davis | davis dav | admin page for a calendar and contacts server
sogo | sogo groupware | groupware with calendar, contacts and web mail
kopano | | groupware with mail and calendar as exchange replacement
egroupware | | groupware with calendar, contacts, projects and files
zimbra | | collaboration suite with mail, calendar and contacts
baserow | | no code database and spreadsheet in the browser
nocodb | | turn a database into a smart spreadsheet
teable | | spreadsheet interface on top of a relational database
limesurvey | | online surveys and questionnaires, ask people and collect answers, polls, forms, survey tool
formbricks | | collect feedback with surveys in apps and websites
ohmyform | | build forms and collect answers
heyform | | conversational forms and surveys, ask people and collect answers
libretranslate | | translate text between languages, machine translation service
languagetool | | check grammar and spelling of texts
ltex | | grammar check for latex and markdown editors
it-tools | | collection of handy tools for developers, converters and generators
cyberchef | | encode, decode and analyse data in the browser
omni-tools | | small web tools for images, text and pdf
searxng | searx | private web search engine without tracking, metasearch, own search engine, meta search
whoogle | | search the web without ads and tracking
yacy | | peer to peer web search engine with own crawler
4get | | proxy search engine without scripts
kiwix | kiwix serve | read encyclopaedias offline without the internet
`;
