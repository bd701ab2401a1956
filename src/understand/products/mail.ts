/** Mail servers and all around them. One product on a line: name | aliases | what people want it for. */
export const mailProducts = `
mailcow | mailcow dockerized | complete mail server with web mail and admin page, own email
mailu | | mail server in containers with webmail and spam filter
docker-mailserver | dms mailserver | full mail server in one container configured by files
mailinabox | mail in a box | turn a machine into a complete mail server with one command
iredmail | | mail server installer with admin panel
stalwart | stalwart mail | all in one mail and collaboration server, smtp imap and jmap
modoboa | | mail hosting with web administration
poste-io | | complete mail server with admin page in one container
maddy | maddy mail | mail server in one program, smtp and imap
postfix | | mail transfer agent, send and receive mail, smtp relay
exim | exim4 | mail transfer agent, smtp server
opensmtpd | smtpd openbsd | simple and secure smtp mail transfer
sendmail | | classic mail transfer agent to send and receive email
msmtp | | send mail from scripts through another smtp account
nullmailer | | relay only mailer that forwards system mails
haraka | | fast smtp server with plugins
dovecot | | imap and pop3 server, read mail on all devices
cyrus-imap | cyrus imapd | imap mail store for many users
rspamd | | spam filter for the mail server, antispam, junk mail filter
spamassassin | spamd | filter spam mails by rules and scores
amavis | amavisd new | check mails for viruses and spam
opendkim | | sign outgoing mails with dkim
opendmarc | | check dmarc policy of incoming mails
postsrsd | | rewrite senders so that forwarded mail passes checks
postgrey | | greylisting against spam on the mail server
parsedmarc | | read and chart dmarc reports
roundcube | roundcubemail | webmail, read and write mail in the browser, web mail client
snappymail | | light and fast webmail in the browser
rainloop | | light and fast webmail in the browser
squirrelmail | | very old webmail in plain pages
cypht | | webmail that joins several mail accounts
nextcloud-mail | | mail client inside the private cloud
postfixadmin | | manage mail domains, mailboxes and aliases in the browser
mailman | mailman3, gnu mailman | mailing lists and discussion by mail
sympa | | mailing list manager for universities
listmonk | | newsletter and mailing list manager, send campaigns, mailing lists, subscribers
mautic | | marketing automation with mail campaigns
mailtrain | | newsletter application with subscriber lists and campaigns
phplist | | newsletters and mail campaigns to subscribers
keila | | newsletter tool to reach subscribers
postal | postal mail | mail delivery platform for websites and applications
mailhog | | catch test mails of applications and show them, fake smtp inbox for developers, temporary mail
mailpit | | catch and show mails of applications while testing, fake smtp inbox for developers, temporary mail
mailcatcher | | catch test mails instead of sending them
greenmail | | mail server for automatic tests
simplelogin | | mail alias service to hide the real address
addy-io | anonaddy | anonymous mail forwarding with aliases
imapsync | | copy mailboxes from one imap server to another
offlineimap | | keep a local copy of imap mail
isync | mbsync | synchronise imap mailboxes with local folders
getmail | | fetch mail from other accounts
fetchmail | | collect mail from remote mailboxes
mailpiler | piler mail archive | archive all mails of a company
openarchiver | | archive mails legally and search them
autodiscover-email-settings | | tell mail clients their settings automatically
protonmail-bridge | proton bridge | read an encrypted mail account with usual mail programs
`;
