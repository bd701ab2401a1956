/** Smart home, sensors, cameras, energy. One product on a line: name | aliases | what people want it for. */
export const homeAutomationProducts = `
home-assistant | hass, hassio, home assistant core, home assistant os, haos | smart home automation, control lights, heating, sensors and switches, hub, iot
openhab | | smart home platform that joins devices of many makers, home automation
domoticz | | light home automation system for switches and sensors
iobroker | | smart home integration platform with adapters
fhem | | home automation server written in perl, control switches and heating
homebridge | | bring devices without support into apple home, smart home hub
hoobs | | ready made bridge of smart devices to apple home
scrypted | | bring cameras into smart home apps, camera hub
gladys | gladys assistant | privacy friendly smart home assistant
jeedom | | home automation software with plugins
mosquitto | eclipse mosquitto | mqtt broker, messages of sensors and smart devices
emqx | | large mqtt broker for internet of things devices
vernemq | | distributed mqtt broker for many devices
hivemq | | mqtt broker for connected devices of companies
mqtt-explorer | | look at topics of an mqtt broker
mqttx | mqttx web | mqtt client to test and watch messages
zigbee2mqtt | z2m, zigbee2mqtt assistant | connect zigbee lamps and sensors to the smart home without a maker hub
zwave-js-ui | zwavejs2mqtt, zwave js | control z-wave devices, z-wave gateway with a web page
deconz | phoscon | zigbee gateway for lamps and sensors
esphome | | firmware for own sensors and switches on small wifi boards
tasmota | | open firmware for wifi plugs and switches
tasmobackup | | back up the settings of wifi switches
tasmoadmin | | manage many wifi switches from one page
wled | | control colourful led strips over wifi
espresense | | find in which room people are with bluetooth
matter-server | python matter server, matterjs server | connect matter and thread smart devices
openthread-border-router | otbr | border router for thread smart home devices
rtl-433 | | receive weather and temperature sensors by radio
ring-mqtt | | bring a video door bell into mqtt
appdaemon | | write home automations in python
node-red | nodered dashboard | flow editor to connect devices and services, automation by drawing
rhasspy | | offline voice assistant for the smart home
wyoming-whisper | wyoming faster whisper | understand spoken commands locally, speech to text
faster-whisper | | understand spoken commands locally, speech to text
wyoming-piper | | speak answers of the voice assistant, text to speech
openwakeword | wyoming openwakeword | wake word detection for the voice assistant
mycroft | | open voice assistant that listens to spoken commands at home
openvoiceos | ovos | open voice assistant that listens to spoken commands at home
frigate | frigate nvr | security camera recorder that detects people and cars, nvr, surveillance, cctv, object detection
zoneminder | | video surveillance, record security cameras
shinobi | shinobi cctv | network video recorder for security cameras
motioneye | | simple camera surveillance with motion detection
viseron | | local camera recorder with object detection
blue-iris | | camera security software for windows
agent-dvr | ispy agent | video recorder for security cameras with alerts
kerberos-io | | video surveillance on small boards
double-take | | face recognition for camera pictures
compreface | | face recognition service with an api
deepstack | | object and face detection for camera software
codeproject-ai | | object and face detection for camera software
doods | doods2 | detect objects in pictures over an api
unifi-protect | | camera recorder of the unifi network family
evcc | | charge the electric car with own solar power
openwb | | wallbox control for charging electric cars
teslamate | | log trips, charging and battery of an electric car, tesla data logger, vehicle statistics
volkszaehler | | smart meter logging of electricity and gas
emoncms | openenergymonitor | record and show energy use of the house
solaranzeige | | show values of solar power inverters
emhass | | plan energy use of the house with solar and prices
weewx | | weather station software that records and shows values
meteobridge | | bring weather station data to networks
openhasp | | touch panels for the smart home
magicmirror | magicmirror2 | mirror with a display for calendar and weather
octoprint | | control and watch a 3d printer in the browser, printing, printer farm remote control
octofarm | | manage many 3d printers at once
klipper | klippy | firmware for fast 3d printers
mainsail | mainsailos | web page to control a 3d printer with klipper
fluidd | | web interface for 3d printers with klipper
moonraker | | api server for 3d printer control
spoolman | | keep track of filament spools for 3d printing
manyfold | van dam | organise a collection of 3d print models
thingsboard | | internet of things platform to collect sensor data and show dashboards
chirpstack | | lorawan network server for radio sensors
the-things-stack | the things network stack | lorawan network server for connected devices
farmos | | farm management and records of fields
dump1090 | dump1090 fa | receive positions of aircraft by radio
readsb | | receive positions of aircraft by radio
tar1090 | | map of aircraft received by own antenna
ultrafeeder | | map of aircraft received by own antenna
piaware | flightaware feeder | feed aircraft positions to a flight site
traccar | | track vehicles and phones by gps on a map
owntracks | owntracks recorder | record own location of the phone privately
dawarich | | timeline of own location history on a map
wyze-bridge | docker wyze bridge | local video streams from cheap cameras
`;
