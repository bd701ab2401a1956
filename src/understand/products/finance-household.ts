/** Money, food, belongings, family. One product on a line: name | aliases | what people want it for. */
export const financeProducts = `
firefly-iii | firefly, firefly 3 | personal finance manager, budgets and expenses, bookkeeping of money, bank accounts, spending
actual | actual budget | household budget with envelopes, plan money, budgeting, track income and spending
maybe-finance | maybe finance app, sure finance | overview of own money and wealth
ezbookkeeping | | simple bookkeeping of personal expenses
gnucash | | accounting for persons and small companies
beancount | fava beancount | plain text accounting by double entry
hledger | | plain text accounting on the command line
ledger-cli | | plain text accounting on the command line
paisa | | personal finance from plain text ledgers
ghostfolio | | track stocks, funds and wealth, portfolio
wealthfolio | | private investment tracker on the desktop
portfolio-performance | | returns of own investments, funds and shares
rotki | | portfolio and taxes of crypto coins
homebank | | personal accounts on the desktop
budgetzero | | zero based budget for a household
spliit | | split bills with friends, share costs of a group
splitpro | | split bills with friends, share costs of a group
ihatemoney | | share expenses in a group, split costs among friends, who owes whom, settle debts
cospend | | shared expenses inside the private cloud
wallos | | keep track of subscriptions and their cost
subtrackr | | track running subscriptions and costs
dollardollar | | manage debts between friends, share costs of a group
mealie | | recipe manager and meal planner for the family, recipes, shopping list, cooking
tandoor | tandoor recipes, vabene1111 recipes | recipes, meal plans and shopping lists, recipe manager, cooking, meal planner
grocy | | groceries, stock and household manager, inventory of food, shopping lists, chores, home inventory
barcode-buddy | | scan barcodes of groceries into the stock
recipya | | clean recipe collection for the family
recipesage | | collect recipes, plan meals and shop
kitchenowl | | shopping list and recipes shared by the household
specifically-clementines | clementines groceries | shopping list app that syncs
nextcloud-cookbook | | recipes inside the private cloud
openeats | | recipes of the family online
bar-assistant | salt rim | cocktail recipes and home bar
brewfather | | control and plan home brewing
brewblox | | control and plan home brewing
homebox | hay kot homebox, sysadminsmedia homebox | inventory of things at home
snipe-it | | inventory of computers and licences of a company
shelf-nu | | track equipment and bookings, find things again in store
inventree | | stock and parts management for workshops
part-db | | inventory of electronic parts, find things again in store
binner | | electronic parts in drawers, find things again in store
lubelogger | | car maintenance and fuel log
hammond | | fuel and expenses of vehicles
tracktor | | vehicle maintenance records, service and repair history
warracker | | keep warranties and receipts of purchases
monica | monica crm, monicahq | remember everything about friends and family, personal relations
babybuddy | | log sleep, feeding and nappies of a baby
gramps-web | gramps | family tree and genealogy together
webtrees | | family history and genealogy on the web
geneweb | | family tree website for genealogy
fastenhealth | | collect own medical records kept in own hands
openemr | | patient records of a medical practice
openmrs | | medical records of patients in clinics
medplum | | health data platform for medical apps
hapi-fhir | | health data server for medical apps
wishthis | wishthis wishlists | wish lists and gifts of the family
christmas-community | | gift lists for the family
hemmelig | | share secrets that delete themselves
koillection | | manage any kind of collection
jelu | | track read books and wish lists
bookwyrm | | social reading and book reviews
opentrashmail | | throw away mail addresses against spam
plant-it | | look after house plants, watering reminders at home
hortusfox | | look after house plants, watering reminders at home
dailytxt | | encrypted diary, write down every day privately
journiv | | private journal of days, write down every day privately
timeful | | find time slots with a group
surmai | | plan trips together with friends
bitcoind | bitcoin core, bitcoin node, bitcoin | full node of the bitcoin network
lnd | lightning network daemon | fast bitcoin payments node, digital money at home
core-lightning | clightning | fast bitcoin payments node, digital money at home
electrs | | index server for bitcoin wallets
fulcrum | | index server for bitcoin wallets
electrumx | | index server for bitcoin wallets
mempool | mempool space | explorer of bitcoin transactions and fees
monerod | monero, monero node | full node of a private digital coin
geth | go ethereum, ethereum node | full node of the ethereum network
chia | chia node | farm a digital coin with disks
machinaris | | farm a digital coin with disks
clarkson | | fuel log of cars, service and repair history
fava | | web page for plain text accounting
`;
