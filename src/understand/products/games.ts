/** Game servers and what manages them. One product on a line: name | aliases | what people want it for. */
export const gameProducts = `
minecraft | minecraft server, minecraft java | block building game server to play together, game server
papermc | paper minecraft | block building game server to play together
minecraft-bedrock | bedrock minecraft, bedrock dedicated server | block game server for consoles and phones
velocity | velocity minecraft | proxy between several block game servers
bungeecord | | proxy between several block game servers
geysermc | geyser minecraft | let phone players join the block game server
bluemap | | live map of a block game world
squaremap | | live map of a block game world
dynmap | | live map of a block game world
luanti | minetest | open voxel block game server
terraria | | two dimensional adventure and digging game server
tmodloader | | two dimensional adventure and digging game server
tshock | | two dimensional adventure and digging game server
valheim | valheim dedicated server | viking survival game server, play together with friends
factorio | factorio headless | factory building game server, play together online
satisfactory | satisfactory dedicated | factory building in a three dimensional world, game server
palworld | palworld dedicated | creature collecting survival game server
enshrouded | | survival and building game server in fog
v-rising | | vampire survival game server, play together with friends
ark | ark survival evolved, ark survival ascended, arkmanager | dinosaur survival game server, play together with friends
rust-game | rust dedicated server, rust game server | survival game server with players against players
conan-exiles | | barbarian survival game server, play together with friends
seven-days-to-die | 7 days to die, 7dtd | zombie survival game server, play together with friends
project-zomboid | pzserver | zombie survival game server with isometric view
dont-starve-together | dst server | survival game server with friends
core-keeper | | underground mining game server, play together online
abiotic-factor | | survival game server in a science lab
starbound | | space exploration game server, play together online
stardew-valley | stardew valley multiplayer | farming game server, play together online
space-engineers | torch space engineers | build ships and stations game server
barotrauma | | submarine game server with friends
eco-game | eco game server | ecology simulation game server, play together online
sons-of-the-forest | sotf server | island survival game server, play together with friends
unturned | | blocky zombie game server, play together online
dayz | dayz standalone | open world zombie game server
arma3 | | military simulation game server, play together online
arma-reforger | | military simulation game server, play together online
squad-server | squad dedicated | team shooter game server, online matches with friends
counter-strike | counter strike 2, cs2, csgo | team shooter game server, online matches with friends
team-fortress-2 | tf2 | class based team shooter game server
garrys-mod | gmod, garry's mod | sandbox physics game server, play together online
left-4-dead-2 | l4d2 | cooperative zombie shooter server, online matches with friends
quake3 | ioquake3 | fast arena shooter server, online matches with friends
xonotic | | free arena shooter server, online matches with friends
warsow | | free arena shooter server, online matches with friends
openarena | | free arena shooter server, online matches with friends
urban-terror | | free team shooter server, online matches with friends
red-eclipse | | free team shooter server, online matches with friends
teeworlds | | two dimensional shooter server, online matches with friends
ddnet | | two dimensional shooter server, online matches with friends
openttd | | transport business game server, play together online
openrct2 | | theme park building game server
freeciv | | turn based civilisation game server
unciv | | turn based civilisation game server
wesnoth | battle for wesnoth, wesnothd | turn based fantasy strategy server
openra | | real time strategy game server
0ad | pyrogenesis | ancient real time strategy game
mindustry | | factory and tower defence game server
trackmania | | racing game server, play together online
assetto-corsa | assetto server, acserver | car racing simulation server, play together online
beammp | | multiplayer for a driving simulation
fivem | cfx server | role playing modification server for a city game
redm | | role playing modification server for a city game
azerothcore | | online role playing game world server
cmangos | | online role playing game world server
trinitycore | | online role playing game world server
foundry-vtt | foundry virtual tabletop | virtual table for role playing games
owlbear-rodeo | | virtual map for pen and paper games
maptool | | virtual map for pen and paper games
lichess | lila chess | chess server to play and learn
pterodactyl | pterodactyl panel, pterodactyl wings, wings daemon | panel to manage many game servers
pelican-panel | pelican wings | newer panel to manage game servers
crafty | crafty controller, crafty 4 | web panel for block game servers
mcsmanager | | manage game servers in the browser
amp | cubecoders amp | commercial panel for game servers
linuxgsm | linux game server managers | install and update game servers by command
steamcmd | | download dedicated game servers from the shop
wolf | games on whales | several players stream games from one server
gaseous | gaseous server | library of own games in the browser
gameyfin | | library of own games in the browser
eventula | | organise lan parties with seats and tournaments
vintage-story | | wilderness survival block game server
soulmask | | tribal survival game server, play together with friends
icarus | icarus dedicated server | survival missions game server, play together with friends
necesse | | top down adventure game server
`;
