/** Services of the operating system. One product on a line: name | aliases | what people want it for. */
export const systemProducts = `
openssh | sshd, ssh server, openssh server, ssh | secure login to machines, remote shell access, harden ssh access, keys and login
dropbear | dropbear initramfs | small ssh server, unlock encrypted disks at boot
mosh | mobile shell | remote shell that survives bad connections
chrony | chronyd | keep the clock right, time synchronisation, ntp client and server
ntp | ntpd, ntp server | time server, synchronise clocks of machines, time synchronisation, clock
ntpsec | | time server, synchronise clocks of machines
openntpd | | simple time synchronisation daemon of a linux machine
systemd-timesyncd | timesyncd | set the clock from the network
linuxptp | ptp4l, ptpd | very precise clocks over the network
gpsd | | position and time from a satellite receiver
cronie | crond, vixie cron | run jobs at fixed times, cron daemon
anacron | | run missed daily jobs later
systemd | systemd units, systemctl | start and supervise services of the system
systemd-resolved | resolved dns | look up names on the local machine
systemd-networkd | networkd | configure network cards of the system
networkmanager | nmcli | network connections of a linux machine
netplan | netplan io | network configuration files of ubuntu
ifupdown | ifupdown2, ifupdown ng | classic network interfaces configuration of a linux machine
wpa-supplicant | | connect a machine to wifi
iwd | | connect a machine to wifi
dbus | dbus daemon | messages between programs of the system
polkit | policykit | who may do privileged actions
sudo | sudoers, sudo rs | let users run commands as root
doas | opendoas | small tool to run commands as root
pam | linux pam | modules for login checks of linux users
cups | cupsd, cups server | print server, share printers in the network
sane | saned, sane airscan | share scanners in the network
unattended-upgrades | unattended upgrade | install security updates automatically on debian and ubuntu machines, automatic patching, security fixes
dnf-automatic | yum cron | automatic package updates on red hat systems
needrestart | | restart services after library updates
snapd | ubuntu snap | application packages with sandboxes for ubuntu machines
flatpak | flathub | desktop applications in sandboxes for linux computers
apt | apt get | install packages on debian and ubuntu
dnf | yum | install packages on red hat systems
pacman | | install packages on arch systems
zypper | | install packages on suse systems
apk-tools | alpine apk | install packages on alpine systems
landscape | canonical landscape | update and manage many ubuntu machines from one place
spacewalk | | manage packages of many linux machines
uyuni | suse manager | manage packages of many linux machines
debian | debian gnu linux | general linux operating system for servers
ubuntu | ubuntu server | popular linux operating system for servers and desktops
fedora | fedora server | linux operating system with new software
fedora-coreos | coreos | linux system made only for containers
rocky-linux | | enterprise linux by a community
almalinux | | enterprise linux by a community
centos | centos stream | older enterprise linux for servers and desktops
rhel | red hat enterprise linux, redhat | commercial enterprise linux for servers and desktops
opensuse | suse, opensuse leap | linux operating system with admin tools
sles | | commercial enterprise linux operating system with support
archlinux | | rolling linux operating system for servers and desktops
alpine | alpine linux | very small linux system for containers
freebsd | | unix operating system for servers and desktops
netbsd | | unix operating system for servers and desktops
openbsd | | unix operating system made for security
flatcar | flatcar linux, flatcar container linux | linux system made only for containers
raspberry-pi-os | raspbian, raspios | linux for small single board computers
armbian | | light linux for small boards
dietpi | | light linux for small boards
windows-server | | server operating system of microsoft
macos | | operating system of apple computers
grub | grub2 | boot loader of linux machines
dracut | | early boot image of linux
initramfs-tools | | early boot image of linux
dkms | | rebuild kernel modules after updates
kdump | kexec tools | save the memory after a kernel crash
tuned | tuned adm | performance profiles of a machine
irqbalance | | spread interrupts evenly over processors of a machine
cpufrequtils | cpupower | set processor speed and power saving
tlp | | save battery power on laptops and quiet computers
auto-cpufreq | | save battery power on laptops by processor speed
powertop | | show what uses battery power and save it
lm-sensors | | read temperatures and fan speeds
fancontrol | | control fans by temperature on quiet computers
fan2go | | control fans by temperature curves on quiet computers
ipmitool | openipmi, freeipmi | control servers through their management board
idrac | dell idrac | remote management board of a server
pikvm | | keyboard and screen of a machine over the network
jetkvm | | keyboard and screen of a machine over the network
nanokvm | | keyboard and screen of a machine over the network
tinypilot | | keyboard and screen of a machine over the network
nvidia-driver | nvidia drivers | graphics card driver for computing
cuda | cuda toolkit | computing on graphics cards with nvidia
nvidia-container-toolkit | nvidia docker, nvidia docker2 | use graphics cards inside containers
rocm | amd rocm | computing on amd graphics cards
zram | zram tools, zram generator | compressed swap in memory for small machines
earlyoom | | stop greedy programs before memory is full
nohang | | stop greedy programs before memory is full
systemd-oomd | | stop greedy programs before memory is full
tmux | | keep terminal sessions alive after logout
gnu-screen | | terminal multiplexer that survives logout
byobu | | terminal multiplexer that survives logout
zsh | oh my zsh | comfortable command line shell with completion
bash | gnu bash | standard command line shell and scripts
fish-shell | | friendly interactive command line shell with suggestions
starship | starship prompt | pretty prompt of the shell
vim | | text editor in the terminal
neovim | nvim | modern text editor in the terminal
nano-editor | gnu nano | simple text editor in the terminal
emacs | gnu emacs | extensible text editor for programmers and writers
git | git scm | version control of files on the command line
chezmoi | | keep personal configuration files of machines
gnu-stow | | link personal configuration files into place
yadm | | keep personal configuration files of machines
atuin | atuin server | search and sync shell history
jq | | read and change json on the command line
yq | | read and change yaml files on the command line
curl | libcurl | transfer data from web addresses
inetd | | start services when somebody connects
xinetd | | start services when somebody connects
rpcbind | portmap | names of remote procedure services
nis | ypserv | older central user lists for unix
lightdm | | graphical login of a linux machine
sddm | | graphical login of a linux machine
gdm3 | | graphical login of a linux machine
gnome | gnome shell | linux desktop environment with windows and settings
kde-plasma | kde | linux desktop environment with windows and widgets
xfce | xfce4 | light linux desktop environment for older computers
pulseaudio | | sound for linux desktops and several speakers
pipewire | | sound and video for linux desktops
bluez | bluetoothd | bluetooth support of linux, pair devices
ltsp | | thin clients that boot over the network
motd | update motd | message that greets people at login, login banner, message of the day
sysstat | iostat | statistics of system activity of a linux machine
acpid | | react to power buttons and lids
watchdogd | watchdog daemon | restart a hanging machine automatically
haveged | | collect random numbers for keys on quiet machines
rng-tools | rngd | feed random numbers of the hardware for keys
tzdata | | time zones of the system, set timezone, clock of the machine
logind | | user sessions and login of the system
ilo | hpe ilo, hp ilo | remote management board of a server
red-hat-satellite | katello | manage packages of many linux machines
`;
