const nameSet = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/**
 * Names of products that are no evidence by themselves, because people write the same letters and mean something else:
 * everyday words ("ghost"), everyday phrases that read alike once they are written together ("open project"), and what
 * other things run on or are made with ("docker", "debian").
 */
export const ambiguousNames: ReadonlySet<string> = nameSet(`
  actual aide airflow algo alloy allure almalinux alpine amanda amp angie ansible apt arcane archlinux ark
  asterisk astro athens atlantis autoheal backintime backrest backstage bamboo barman bash beets bird
  blocky bonfire bore boulder bun burp cacti caddy calico celery centos changedetection checkmate chef
  chisel chroma clair clarkson cluster-api cobbler cockpit coder composer concourse conduit confluence
  consul contour converse coppermine cops cortex crafty croc cup cups curl damselfly dante davis debian
  dehydrated deluge dendrite docker docker-compose dolt double-take dragonfly drone druid duplicity
  element envoy ergo error-pages exo fathom fedora fetchmail filebrowser fission flame flannel flood
  flower flux foreman fossil freebsd fulcrum garage gaseous gatling gatsby getmail ghost git gitpod glance
  glances graphite grav grimoire guacamole hammond harbor harvester headlamp headphones healthchecks helm
  hitch home-gallery homebank homepage homer hound hugo hydrogen hysteria icarus ignite imaginary
  inlets insomnia invidious it-tools jetty jobber karma kea kirby komodo lago laminar landscape lego lens
  localai locust luigi lychee macos maddy mailman mailstore matchbox materialize maven mediatracker medusa
  memos mempool mercure metabase metrics-server monica moonlight morphic mumble mutagen myspeed nebula
  neko new-api newt nexus nginx-proxy nomad nuclei nut obsidian omnivore oncall one-api openproject
  openssh opensuse outline oxidized pacemaker packer pam pangolin peanut pelican peppermint petals
  photosync photoview picard pinot piped piper plane plant-it plausible plume podman postal pound prefect
  pulp pulse puma puppet python quay radicle rails ralph rancher rancid raspberry-pi-os ray rear redash
  reloader remotely renovate request-tracker revolt rhel riven rocky-linux rook ruby rudder salt sandstorm
  sane satis satisfactory script-server scrutiny sendmail sentry slink snapper snort soft-serve soulmask
  spacebar spacewalk spark sphinx squid starship stash storybook stringer stubby stuntman sudo sunshine
  superset swag synapse systemd tabby taiga talos teleport tempo temporal timeshift tinkerbell tor trac
  tracks tripwire tuned twenty ubuntu unbound unison unleash unturned vagrant varnish vault vector
  velocity vigil vorta wakeonlan wanderer watchtower whisper windmill windows-server wolf woodpecker yacht
  zap zipline
  affine chia clevis cowrie dex diaspora discourse doris enshrouded eucalyptus falco fava firebird firecracker handbrake
  homebrew indico longhorn lustre moode ory papercut pulsar rustic semaphore serendipity simplex spinnaker starbound
  streisand thanos tomcat transmission xray
`);

/** Other names of products that people say as often for a protocol, a format or something else: no evidence by themselves. */
export const ambiguousAliases: ReadonlySet<string> = nameSet(`
  cifs elk gel kube lede moby nfs npm ntp pg pve riot sab smb ssh svn wud
`);

/** Whether what was said may mean something else than the product: its key as written together, and the product's name. */
export const isAmbiguous = (key: string, product: string): boolean =>
  ambiguousNames.has(product) || ambiguousAliases.has(key);
