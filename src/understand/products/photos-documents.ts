/** Photos, documents and files to look at. One product on a line: name | aliases | what people want it for. */
export const documentProducts = `
immich | | back up photos and videos from the phone, photo gallery with face recognition, google photos replacement, gallery of pictures
photoprism | | browse and search photos, picture gallery with places and faces, photo management, gallery with albums
librephotos | ownphotos | photo management with face recognition and timelines
ente | ente photos, museum ente | end to end encrypted photo backup for phones and families
photoview | | simple photo gallery that shows folders of pictures
pigallery2 | | fast photo gallery that serves a folder of pictures
piwigo | | publish photo albums on the web, picture gallery for clubs
lychee | lycheeorg | photo management and albums to share pictures on the web
damselfly | | search and tag a large photograph collection fast
nextcloud-memories | | timeline of photos inside the private cloud
photostructure | | sort and remove duplicates from a family photo library
photonix | | photo management with automatic object recognition
home-gallery | | web gallery for private photos and videos with similarity search
chevereto | | image hosting site, upload and share pictures
picsur | | simple image host, upload pictures and share links
slink | | share images by short links, self hosted image upload
coppermine | coppermine gallery | photo gallery website with albums and users
imgproxy | | resize and convert images on the fly
thumbor | | crop and resize images on demand
excalidraw | | draw diagrams and sketches together on a whiteboard, collaborative sketching board, drawings
drawio | diagrams.net | draw flow charts and network diagrams in the browser
wbo | whitebophir | shared online whiteboard to draw together
tldraw | | collaborative drawing canvas in the browser
penpot | | design user interfaces and prototypes together, design tool
inkscape | | draw vector graphics in a remote desktop
paperless-ngx | paperless, paperless ng | scan and archive paper documents, search letters and invoices, ocr, document management, store paperwork
docspell | | organise scanned letters and documents with tags automatically
mayan-edms | | document management with workflows for an organisation
papermerge | | document archive for scanned pages with text recognition
teedy | sismics docs | light document management for scanned papers
alfresco | | enterprise document and content management
openkm | | document management with records and workflow
stirling-pdf | s pdf | merge, split, convert and sign pdf files in the browser, edit pdf documents, pdf tools
docuseal | | fill in and sign documents online, electronic signatures
documenso | | sign contracts electronically, open signature service
opensign | | collect electronic signatures for documents
gotenberg | | convert office files and html to pdf through an api
tika | apache tika | extract text from office files and pdfs
ocrmypdf | | add searchable text to scanned pdf files
scanservjs | | scan paper from the browser with a network scanner
onlyoffice | onlyoffice document server, onlyoffice docs | edit text documents, spreadsheets and slides together in the browser
collabora | collabora online, collabora code | online office suite to edit documents and spreadsheets together
cryptpad | | encrypted online office, edit documents together privately, spreadsheets, slides, notes, collaborative suite
etherpad | etherpad lite | write a text together at the same time, collaborative notes and documents, realtime editor
hedgedoc | codimd | write markdown notes together in real time
libreoffice | | office suite for documents, spreadsheets and presentations
grist | grist core | spreadsheet that works like a database, relational tables
ethercalc | | shared spreadsheet in the browser
overleaf | sharelatex | write scientific papers in latex together
filebrowser | filebrowser quantum | browse, upload and manage files of a folder in the browser, file manager, share files by link
filestash | | web file manager for sftp, s3 and other storages
sist2 | | index and search files on disks fast
fscrawler | | index office files and pdfs for full text search
tinyfilemanager | | single page php file manager in the browser
projectsend | | send files to clients and let them upload privately
pingvin-share | | share large files by link with expiry, upload and send
gokapi | | share files by link that expire after downloads
transfer-sh | | upload files from the command line and share a link
picoshare | | share files of any size by simple links
zipline | zipline upload, ziplinediced | upload screenshots and files and share short links
xbackbone | | upload and share screenshots with a gallery
plik | plikd | temporary file upload and sharing for teams
lufi | | encrypted temporary file sharing in the browser
firefox-send | timvisee send | send encrypted files by a link that expires
psitransfer | | upload and download big files without an account
pairdrop | | send files between phones and computers in the same network
snapdrop | | send files between phones and computers in the same network
localsend | | send files to nearby devices without the internet
croc | croc relay | send files between two computers securely
privatebin | | share encrypted text snippets that burn after reading, pastebin, paste text, share secrets that expire
zerobin | | share encrypted text snippets that burn after reading, pastebin
microbin | | small pastebin to share text and files
rustypaste | | minimal file upload and paste service
hastebin | haste server | paste and share code or log text
opengist | | share code snippets in git, own gist
snippet-box | | keep code snippets in order
wastebin | | light pastebin to share text
onetimesecret | | share a password by a link that works only once
password-pusher | pwpush | send passwords by links that expire
yopass | | share secrets securely by one time links
`;
