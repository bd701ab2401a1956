/** Invoices, customers, time, companies. One product on a line: name | aliases | what people want it for. */
export const businessProducts = `
odoo | openerp | business software with sales, stock and accounting, erp
erpnext | frappe erpnext, frappe | business management with accounting and stock, erp
dolibarr | | erp and customer management of small companies
tryton | | modular business software for companies
metasfresh | | erp for trade and production
adempiere | | erp for trade and production
idempiere | | erp for trade and production
axelor | | business apps with low code, erp
invoiceninja | | write invoices and offers to customers
invoiceplane | | write simple invoices and quotes as a freelancer
invoiceshelf | crater invoice | track expenses and send invoices
akaunting | | online accounting of small companies
bigcapital | | accounting software for small companies
kivitendo | lx office | accounting and stock for german companies
solidinvoice | | invoices and quotes for clients
killbill | | subscription billing and payments for online services
lago | getlago | usage based billing for products
kimai | | track working hours of projects, time sheets
traggo | | time tracking by tags for own work
solidtime | | modern time tracker for freelancers
wakapi | wakatime server | statistics of coding time for programmers
hakatime | | statistics of coding time for programmers
activitywatch | | record how time at the computer is used
timetagger | | track time with tags in the browser
espocrm | | customers, leads and sales, crm
suitecrm | | customer relations management of companies
sugarcrm | | customer relations management of companies
twenty | twentyhq, twenty crm | modern customer relations management, crm for small companies
vtiger | vtiger crm | customers and sales management, crm for small companies
civicrm | | members and donors of associations
krayin | krayin crm | sales and customers management, crm for small companies
corteza | | build business apps and customer management
orangehrm | | employees, leave and recruiting, human resources of a company
frappe-hr | frappe hrms, hrms | employees, leave and payroll, human resources of a company
opencats | | track applicants and jobs, human resources of a company
jorani | | ask for and approve leave
timeoff-management | | ask for and approve leave
admidio | | administer members, events and lists of clubs
churchcrm | | members and groups of a church
churchtools | | members and groups of a church
easyverein | | members and fees of a club
jverein | | members and fees of a club
opensourcepos | open source point of sale, ospos | point of sale for shops
unicenta | | cash register software, point of sale in shops
floreant-pos | | cash register software, point of sale in shops
loomio | | decide together in groups, votes of members online
decidim | | citizens take part in decisions
consul-democracy | | citizens take part in decisions
helios-voting | | elections with secret ballots, votes of members online
belenios | | elections with secret ballots, votes of members online
appsmith | | build internal tools on databases quickly
tooljet | | build internal business tools with little code
budibase | | low code forms and internal apps
nocobase | | build business systems without code
lowcoder | openblocks | build internal apps by drag and drop
rowy | | spreadsheet interface for cloud data
fider | | collect and vote on ideas of customers
astuto | | feedback and roadmap of a product
logchimp | | feedback and roadmap of a product
apache-answer | answerdev | questions and answers platform for a team
question2answer | q2a | questions and answers site, help each other in teams
askbot | | questions and answers site, help each other in teams
scoold | | questions and answers for teams
eramba | | governance, risk and compliance of a company
ciso-assistant | | governance, risk and compliance with audits
i-doit | | configuration database of devices and services
itop | | configuration database of devices and services
cmdbuild | datagerry | configuration management database of devices
ocs-inventory | ocsng | inventory of hardware and software in a network
fusioninventory | | inventory of hardware and software in a network
papercut | papercut ng | account and release print jobs
savapage | | account and release print jobs
wapt | wapt server | install software on windows clients
pdq-deploy | | install software on windows clients
jamf | | manage apple computers and phones
munki | | manage apple computers and phones
micromdm | | manage apple computers and phones
headwind-mdm | hmdm | manage android devices of a company
`;
