/** Disks, shares, sync, backups, object stores. One product on a line: name | aliases | what people want it for. */
export const storageProducts = `
truenas | truenas scale, freenas, truenas core | storage system for a nas with shares and snapshots
openmediavault | omv | nas system with shares and disks managed in the browser
unraid | unraid os | home nas system with mixed disks and apps
synology-dsm | synology, diskstation | operating system of a network storage box
qnap-qts | qnap | operating system of a network storage device
xigmanas | nas4free | free nas system based on bsd
rockstor | | nas system with btrfs shares
easynas | | simple storage management for home
zfs | openzfs, zfsonlinux, zfs dkms | file system with snapshots and checksums for disks
btrfs | btrfs progs | file system with snapshots and subvolumes
mdadm | linux raid, md raid | join disks into a raid
lvm | lvm2 | flexible volumes on top of disks
snapraid | | parity protection for a collection of disks
mergerfs | | show several disks as one folder
bcachefs | | file system with ssd caching
bcache | | use a fast ssd as cache of slow disks
sanoid | syncoid | automatic zfs snapshots and replication
zrepl | | zfs replication and snapshots taken and thinned out automatically
zfs-auto-snapshot | | regular zfs snapshots taken and thinned out automatically
znapzend | | regular zfs snapshots taken and thinned out automatically
snapper | | snapshots of btrfs volumes taken and thinned out automatically
btrbk | | snapshots of btrfs volumes taken and thinned out automatically
ceph | cephadm, ceph osd, cephfs | distributed storage over many machines
glusterfs | gluster | distributed file system over several machines, replicated storage volumes
moosefs | | fault tolerant distributed file system
saunafs | | fault tolerant distributed file system
lizardfs | | fault tolerant distributed file system
beegfs | | parallel file system of computing clusters
lustre | | parallel file system of computing clusters
seaweedfs | | distributed object and file storage
juicefs | | file system on top of object storage
drbd | | mirror disks between machines over the network
linstor | linbit | mirror disks between machines over the network
minio | minio server | object storage compatible with s3, buckets, s3 buckets
garage | garagehq, garage s3 | small object storage over several homes
rustfs | | fast object storage compatible with s3
zenko | cloudserver scality | multi cloud object storage controller
openio | | scalable object storage over many machines
openstack-swift | | scalable object storage over many machines
s3fs | s3fs fuse | mount a bucket like a folder
goofys | | mount a bucket like a folder
rclone | | copy and sync files to cloud storage providers, mount cloud drives, google drive and s3
rsync | rsyncd, rsync daemon | copy and mirror folders between machines
lsyncd | | mirror folders live when files change
unison | unison sync | sync folders in both directions
syncthing | syncthing relay, stdiscosrv | keep folders in sync between devices without a cloud, synchronise files between computers and phones
resilio-sync | resilio, btsync, bittorrent sync | sync folders between devices peer to peer
mutagen | mutagen io | fast file sync for development
csync2 | | keep files equal in a cluster
samba | smbd, smb, cifs | windows file shares, network folders for all computers, smb shares, shared drive for windows and mac
nfs-server | nfs, nfs kernel server, nfsd | share folders over the network for unix machines, network file system exports, shared storage for linux
autofs | | mount network shares when they are used
vsftpd | | ftp server to upload files
proftpd | | ftp server with virtual users
pure-ftpd | | ftp server with virtual users
sftpgo | | sftp and webdav server with users and quotas
filezilla-server | filezilla | ftp server for windows machines to exchange files
atftpd | tftpd hpa, tftpd | tftp server for network boot and phones
netatalk | afpd | file shares for apple computers
docker-timemachine | mbentley timemachine | backups of apple computers over the network
targetcli | tgt iscsi, linux io target | offer disks over the network, iscsi target
restic | | encrypted backups of files to many storages, deduplicated snapshots on remote storage
restic-rest-server | | storage for encrypted backups over http
resticprofile | | encrypted backups of files to many storages
backrest | garethgeorge backrest | web page for encrypted backups and restores
autorestic | | configure encrypted backups with a file
borg | borgbackup | deduplicated encrypted backups of files, archives on a remote repository
borgmatic | | configure deduplicated backups with a file, schedule borg archives of databases and folders
vorta | | manage deduplicated backups with a window
borg-ui | | manage deduplicated backups with a window
borgwarehouse | | manage deduplicated backups with a window
kopia | kopia ui | fast encrypted backups with snapshots
duplicati | | encrypted backups to the cloud with a web page, scheduled file backup, restore from cloud storage
duplicacy | duplicacy web | backups to the cloud without locks
duplicity | | encrypted incremental backups with tar
duply | | encrypted incremental backups with tar
rustic | rustic rs | fast encrypted backups written in rust
bupstash | | efficient encrypted backups of files and folders
tarsnap | | secure online backups for unix
rsnapshot | | file system snapshots with rsync
rdiff-backup | | mirror with reverse differences as backup
backintime | | snapshots of the home folder
timeshift | | restore points of the linux system
deja-dup | | simple desktop backups of files and folders
urbackup | | backup of clients with images and files
bacula | | network backup of many machines
bareos | | network backup of many machines
amanda | zmanda | network backup to tape and disk
burp | burp backup | network backup and restore program
backuppc | | backup of computers to a server disk
veeam | veeam agent, veeam backup | commercial backups of virtual machines
proxmox-backup-server | pbs | deduplicated backups of virtual machines
offen-docker-volume-backup | offen backup | back up docker volumes on a schedule
docker-db-backup | tiredofit db backup | regular dumps of databases in containers
databasus | postgresus | scheduled database backups with a web page
automysqlbackup | | backups of mysql databases for disaster recovery, dumps
mariabackup | | backups of mysql databases for disaster recovery, dumps
xtrabackup | | backups of mysql databases for disaster recovery, dumps
mydumper | | backups of mysql databases for disaster recovery, dumps
zerobyte | | backup automation with a web page
pikabackup | | easy desktop backups of files and folders
clonezilla | | clone disks and partitions to restore whole computers
rear | relax and recover | bare metal recovery of linux machines
partclone | | image of file systems to restore whole computers
fsarchiver | | image of file systems to restore whole computers
etckeeper | | keep the configuration folder under version control
photosync | | copy photos of the phone to a nas
gickup | | mirror and back up code repositories of many hosts
ghorg | | save all repositories of an account
mailstore | | archive and back up mail accounts
czkawka | | find and delete duplicate files
fclones | | find and delete duplicate files
dupeguru | | find and delete duplicate files
ncdu | | see what fills the disk
gdu | | see what fills the disk
diskover | | index and analyse large storage
hdparm | | let idle hard disks sleep
hd-idle | | let idle hard disks sleep
ipfs | kubo ipfs | peer to peer storage network
storj | storj node, storagenode | rent out disk space in a network
perkeep | camlistore | keep personal data for life
dufs | | simple file server to upload and download
chfs | | simple file server to upload and download
gohttpserver | | simple file server to upload and download
miniserve | | simple file server to upload and download
copyparty | | portable file server with fast uploads
bup | | backups based on git pack files
gitea-mirror | | mirror code repositories into the own git server
`;
