/** Watching, listening and reading. One product on a line: name | aliases | what people want it for. */
export const mediaProducts = `
jellyfin | | media server to watch films, movies, series and tv shows, stream own videos at home
plex | plex media server | media server to watch films, movies, series and tv shows on the television
emby | emby server | media server to stream own films, movies, series and live tv
kodi | xbmc | media player for the television, home theatre on the big screen
libreelec | | small operating system that turns a pc into a media player for the television
jellyseerr | seerr | let family and friends request films and series for the media server, media requests, wish list of users
overseerr | | let users request new movies and series for the media server, media requests, wish list of users
ombi | | request films and tv shows, let friends ask for new movies, media requests of users
tautulli | plexpy | statistics of who watches what on the media server, viewing history, plex monitoring, watch history of users
jellystat | | watch statistics and history for the media server users
wizarr | | invite friends and new users to the media server with a link
kometa | plex meta manager | build collections, posters and overlays for the movie library
tdarr | | convert video files to another codec, transcode the whole library
unmanic | | shrink and convert the video library automatically, optimise video files
handbrake | | convert videos and dvds to another format, video transcoder
makemkv | | rip dvd and blu-ray discs into video files
automatic-ripping-machine | | rip cds, dvds and blu-rays automatically when a disc is inserted
ersatztv | | make own live tv channels from the video library
tunarr | | build own tv channels with a schedule from own movies
dizquetv | | build own tv channels with a schedule from own movies
tvheadend | tvh | watch and record live tv from satellite, cable or antenna, tuner backend
nextpvr | | personal video recorder for live television with a tv guide
mythtv | | record television shows with tuner cards, digital video recorder
channels-dvr | | record and watch live tv over the air at home
xteve | | playlist proxy for internet television with a programme guide
threadfin | | playlist proxy that feeds iptv channels into the media server
stash | stashapp | organise and browse a private collection of adult videos
olaris | | simple media server for films and series with transcoding
gerbera | mediatomb | upnp and dlna media server for televisions in the home network
minidlna | readymedia | small dlna media server that shows files on smart televisions
universal-media-server | | dlna and upnp server that streams videos to televisions and consoles
rygel | | dlna media server and renderer for the local network
navidrome | | music server, listen to own music collection in the browser and on the phone, stream music, songs and albums, subsonic
airsonic | airsonic advanced | music streaming server for own albums and songs
subsonic | | stream own music collection to the phone, personal music streamer
gonic | | lightweight music streaming server for own songs
ampache | | web based music streaming and audio collection manager
funkwhale | | social music server, share and listen to songs and podcasts together
koel | | personal music streaming in the browser for own songs
mopidy | | music player server controlled from phone or browser, play streaming services on speakers
mpd | music player daemon, musicpd | music player that runs in the background and plays songs on speakers
lyrion-music-server | logitech media server, slimserver, lms server | music server for squeezebox players and network speakers in many rooms
snapcast | snapserver | play the same music in sync in several rooms, multiroom audio
owntone | forked daapd | music server for airplay speakers and remote apps
music-assistant | | play music from many sources on all speakers of the smart home
shairport-sync | shairport | receive music from apple phones on loudspeakers, airplay receiver
spotifyd | | play a streaming music account on speakers without a screen
librespot | | open client that lets speakers play a streaming music account
volumio | | music player system for hifi and small boards
moode | moode audio | audiophile music player for small boards
roon-server | roon, roon core | music library and player core for hifi networks
beets | | tidy up the music library, correct song tags and covers, tagging of audio files, music metadata
picard | musicbrainz picard | tag music files with the right artist and album
icecast | icecast2 | internet radio server, broadcast own audio stream
azuracast | | run an own internet radio station with playlists and djs
liquidsoap | | script audio streams for an internet radio
libretime | | radio automation and broadcast scheduling for stations
audiobookshelf | | listen to audiobooks and podcasts, audio book server with progress sync, audiobook player
booksonic | | stream audiobooks to the phone
podgrab | | download podcast episodes automatically as soon as they appear
podsync | | turn online video channels into podcast feeds
pinepods | | podcast manager and player for several users
gpodder | | keep podcast subscriptions in sync between devices
castopod | | publish own podcast with its own website
calibre | | manage ebooks, convert books between formats, book library
calibre-web | | read and download ebooks in the browser, web page for the book library, digital library, epub reader
kavita | | read comics, manga and ebooks in the browser, reading server, organise digital library
komga | | comics and manga server, read them on any device, organise books and comics library
ubooquity | | home server for comics and ebooks
suwayomi | tachidesk | manga reader server that loads chapters from many sources
kapowarr | | collect and organise comic books automatically
booklore | | manage and read an ebook collection with shelves
cops | calibre opds php server | light catalogue of ebooks for e-readers
koreader-sync | kosync, koreader sync server | keep reading progress in sync between e-readers
peertube | | own video platform, publish videos like a video portal, decentralised, share videos, channels, fediverse
owncast | | live streaming server, broadcast own live stream with chat, live video stream, streaming to viewers
mediamtx | rtsp simple server | relay camera and live video streams, rtsp server
restreamer | datarhei | stream a camera live to websites and platforms
go2rtc | | convert camera streams for the browser with low delay
mediacms | | video portal for own videos of a school or company
invidious | | private front page for watching online videos without ads and tracking
piped | | watch online videos privately without ads, alternative video front end
romm | | manage and play retro game roms in the browser
emulatorjs | | play old console games in the browser
retroarch | | emulator for retro console games with one interface
sunshine | | stream pc games to other devices, game streaming host
moonlight | moonlight qt | play pc games streamed from another computer
steam-headless | | run games on a server and stream them to a screen
maloja | | keep a private log of listened songs, scrobble statistics
multi-scrobbler | | collect what music was played from many players
yamtrack | | track watched films, series, anime and read books
mediatracker | | track which shows and books were watched and read
watchstate | | keep watched state in sync between media servers
calibre-web-automated | cwa | ebook library page that imports new books by itself
`;
