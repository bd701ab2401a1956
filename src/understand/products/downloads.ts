/** Getting media: downloaders, indexers, library collectors. One product on a line: name | aliases | what people want it for. */
export const downloadProducts = `
sonarr | | find and download new episodes of tv series automatically, tv shows downloads manager, new seasons
radarr | | find and download movies automatically, film collection manager, film downloads manager, new releases
lidarr | | find and download music albums automatically, music collection manager, albums of artists, music downloads manager
readarr | | find and download ebooks and audiobooks automatically, books downloads manager
whisparr | | collect adult videos automatically as they appear
bazarr | | find and download subtitles for films and series, download captions in several languages automatically
prowlarr | | manage torrent and usenet indexers in one place for all collectors, indexer manager, search trackers and newsgroups
jackett | | torrent indexer proxy, search many torrent trackers at once, search trackers for the download automation
nzbhydra2 | nzbhydra | search several usenet indexers with one query
mylar3 | mylar | download comic books automatically as soon as they appear
lazylibrarian | | follow authors and download their ebooks and audiobooks
sickchill | sickrage | download tv episodes automatically when they are broadcast
medusa | pymedusa | automatic video library manager for tv shows
couchpotato | | download movies automatically from usenet and torrents
headphones | | download music automatically for followed artists
flexget | | automate downloads from feeds and sites with rules
autobrr | | grab torrents from announce channels the second they appear
cross-seed | | find matching torrents to seed the same files on more trackers
recyclarr | | keep quality profiles of the collectors in sync with guides
profilarr | | manage quality profiles and custom formats for the collectors
notifiarr | | send notices from the media collectors to a chat
unpackerr | | unpack finished downloads for the media collectors
decluttarr | | remove stalled and failed downloads from the queue
maintainerr | | delete movies and series nobody watches any more
janitorr | | clean old media by rules and disk space
huntarr | | look for missing and better versions of media constantly
flaresolverr | | get past browser check pages for indexers
qbittorrent | qbit, qbt, qbittorrent nox | torrent client with a web page, download torrents
transmission | transmission daemon, transmissionbt | light torrent client, download torrents in the background
deluge | deluged | torrent client with plugins and a web page
rtorrent | | torrent client for seed boxes with a web interface
rutorrent | | web page for a torrent client
flood | | modern web page for several torrent clients
aria2 | | download files over http, ftp and torrent from the command line
ariang | | web page for a download manager
sabnzbd | sabnzb, sab | usenet downloader, download nzb files
nzbget | | efficient usenet downloader for nzb files
jdownloader | jdownloader2, jd2 | download manager for file hosters, click and load links
pyload | pyload ng | light download manager for file hosters with a web page
amule | | download and share files in the edonkey network
slskd | soulseek | share and download music in a peer to peer network
youtubedl-material | | download online videos and playlists with a web page
yt-dlp | | download videos from websites on the command line
youtube-dl | ytdl | download videos from websites on the command line
metube | | paste a link and download the online video in the browser, youtube downloader, save videos and audio
tubearchivist | ta archivist | archive and search whole online video channels, youtube downloader and archive, subscriptions
pinchflat | | download new videos of followed online channels automatically
tubesync | | mirror online video channels and playlists to the disk
deemix | | download songs from a music streaming service
spotdl | | download songs of a playlist from the web
ytdl-sub | | download channels and playlists prepared for the media server
gluetun | | send containers through a vpn provider, vpn client for downloads, vpn tunnel for containers, wireguard and openvpn
rdt-client | | download torrents through a debrid service
zurg | | mount a debrid library like a folder for streaming
riven | | stream a debrid library through the media server
openbooks | | search and download ebooks from chat channels
gallery-dl | | download image galleries and collections from websites
archivebox | | save copies of web pages, own web archive, archive websites for later, snapshot of a site
wget | | fetch files from the web on the command line
opentracker | | torrent tracker that tells peers about each other
`;
