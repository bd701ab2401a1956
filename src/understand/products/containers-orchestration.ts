/** Containers, clusters, hypervisors, clouds. One product on a line: name | aliases | what people want it for. */
export const containerProducts = `
docker | docker ce, docker engine, dockerd, moby, docker io | run applications in containers, container runtime
docker-compose | docker compose plugin, compose v2 | start several containers from one file
docker-swarm | swarm mode, swarm cluster | run containers on several machines as one cluster
podman | podman rootless | run containers without a daemon or root
containerd | nerdctl | container runtime used by clusters
cri-o | | container runtime for clusters instead of docker
buildah | | build container images without a daemon
kaniko | | build container images inside a cluster
buildkit | | build container images inside a cluster
skopeo | | copy container images between registries
lxc | lxc containers | light system containers on linux
lxd | canonical lxd | manage system containers and virtual machines
incus | incus ui | system containers and virtual machines by a community
systemd-nspawn | nspawn | start a small system in a container
portainer | portainer agent, portainer be | manage docker containers in the browser, docker management ui
dockge | | manage compose stacks in the browser, docker management ui
komodo | moghtech komodo | build and deploy compose stacks on many servers
yacht | selfhostedpro yacht | manage containers with templates in the browser
arcane | getarcane | modern container management in the browser
dockhand | | docker management with a web page
casaos | | simple home cloud system with an app store
zimaos | | nas and home cloud system with an app store
umbrel | umbrelos | home server system with an app store
cosmos-cloud | cosmos server, azukaapp cosmos | home server gateway with app market and login
runtipi | tipi homeserver | home server with one click apps
yunohost | | easy server system with apps and users for everybody
cloudron | | platform that installs and updates web apps
sandstorm | | install web apps in private sandboxes
freedombox | | private home server for everybody
startos | start9, embassyos | personal server system with services
caprover | | own platform to deploy apps with a click
coolify | coollabs coolify | deploy apps and databases on own servers, own platform
dokku | | small platform to deploy apps by git push
dokploy | | deploy applications and databases on own server
easypanel | | modern server panel for apps
kamal | kamal deploy, mrsk | deploy web apps in containers to servers
lazydocker | | look after docker containers in the terminal
watchtower | containrrr watchtower | update running containers automatically when new images appear, keep docker images up to date
diun | | tell when new container images are out, notification of updates
whats-up-docker | wud, getwud | notice container updates with a page
cup | sergi0g cup | check for container image updates
ouroboros | pyouroboros | older tool that updates containers automatically
autoheal | docker autoheal | restart unhealthy containers without a person
docker-socket-proxy | socket proxy, tecnativa docker socket proxy | limit access to the docker interface
docker-registry | registry v2, distribution registry | store and serve container images, image registry, push and pull images
harbor | goharbor | registry of container images with scanning and access rules
quay | projectquay, red hat quay | container image registry for companies
zot | zot registry | small registry for container images
spegel | | share container images between nodes
kubernetes | kube, kubeadm, kubelet, vanilla kubernetes | orchestrate containers on a cluster of machines
k3s | k3s io, rancher k3s | light cluster for containers at the edge or at home
k0s | k0sproject, k0sctl | single file cluster distribution for containers
rke2 | rancher rke2 | hardened cluster distribution for containers
rke | | hardened cluster distribution for containers
microk8s | micro k8s | small cluster for containers on one machine
minikube | | local cluster for trying things
kind-cluster | kubernetes in docker | test cluster inside containers on a developer computer
k3d | | light test cluster inside containers on a developer computer
talos | talos linux, talosctl | immutable operating system for container clusters
kubespray | | install production clusters with playbooks
kops | kubernetes kops | create and upgrade clusters in the cloud
openshift | openshift container platform | enterprise container platform with builds and registry
okd | | community container platform with builds and registry
rancher | rancher server, rancher manager | manage many container clusters in one place
nomad | hashicorp nomad | schedule containers and programs on machines
mesos | apache mesos | share many machines between different workloads
cluster-api | capi | create and upgrade clusters by declarations
crossplane | | control cloud resources from a cluster
helm | helm chart | package manager of cluster applications
helmfile | | declare which cluster applications are installed
kustomize | | change cluster manifests without templates
k9s | derailed k9s | look after a cluster in the terminal
lens | openlens | desktop view of clusters and their workloads
freelens | | desktop view of clusters and their workloads
headlamp | | browser view of cluster resources
kubernetes-dashboard | kube dashboard | web page of a cluster and its workloads
kubeapps | | install cluster applications from a catalogue
kubevirt | | run virtual machines inside a container cluster
keda | | scale workloads of a cluster by events
knative | | serverless workloads in a cluster
openfaas | | run functions on own servers
faasd | | run functions on one server without a cluster
fission | fission io | serverless functions for clusters without own servers
istio | | service mesh with encryption between services
linkerd | | light service mesh for clusters
cilium | hubble cilium | cluster network with policies and visibility
calico | projectcalico | network between cluster workloads with policies
flannel | | simple network between cluster nodes
weave-net | weaveworks weave | network between containers on hosts
multus | multus cni | several network cards for containers
ingress-nginx | nginx ingress, nginx ingress controller | route web traffic into a cluster
contour | project contour | ingress controller that routes web traffic into clusters
longhorn | | replicated block storage for clusters
rook | rook ceph | run distributed storage inside a cluster
openebs | | container storage on local disks
democratic-csi | | storage of a nas for clusters
local-path-provisioner | | local disks as volumes of a cluster
nfs-subdir-external-provisioner | nfs provisioner | volumes on a network share for a cluster
velero | heptio ark | back up and restore cluster resources and volumes
kasten | kasten k10 | backup and restore of cluster applications
sealed-secrets | kubeseal | encrypted secrets that can live in git
external-secrets | external secrets operator | bring secrets from a safe into a cluster
reloader | stakater reloader | restart workloads when their configuration changes
descheduler | | move workloads to better nodes
metrics-server | | resource use of nodes and pods
node-problem-detector | | report trouble of cluster nodes
system-upgrade-controller | | upgrade nodes of a cluster by plans
kured | | restart cluster nodes safely after updates
proxmox | proxmox ve, pve | hypervisor for virtual machines and containers with a web page
proxmox-datacenter-manager | | manage several virtual machine hosts in one view
esxi | vmware esxi, vmware | commercial hypervisor for virtual machines
xcp-ng | | hypervisor for virtual machines based on xen
xenserver | | hypervisor for virtual machines based on xen
xen-orchestra | | web management for xen hypervisors and backups
xen | xen hypervisor | hypervisor under virtual machines, run several systems on one machine
hyper-v | microsoft hyper v | hypervisor of windows servers, run several systems on one machine
kvm | qemu kvm | virtual machines on linux, run several systems on one machine
libvirt | libvirtd | virtual machines on linux, run several systems on one machine, kvm hypervisor
qemu | | emulate machines, run virtual machines
virt-manager | | window to manage virtual machines
virtualbox | | virtual machines on a desktop
ovirt | rhev, red hat virtualization | manage virtual machines of a data center
harvester | harvester hci | hyperconverged virtual machines and storage
cockpit | cockpit machines, cockpit project | look after a linux server in the browser
webmin | | administer unix servers in the browser
virtualmin | | web hosting panel for domains and mailboxes
usermin | | webmail and settings for unix users in the browser
ajenti | | web panel of a linux server
openstack | | build an own cloud of machines and networks
devstack | | install a private cloud for development
kolla-ansible | kolla | install a private cloud in containers with playbooks
cloudstack | apache cloudstack | build an own infrastructure cloud
opennebula | | manage virtual machines of a private cloud
eucalyptus | | private cloud compatible with a public one
localstack | | pretend to be a public cloud for tests
firecracker | | isolate containers in tiny virtual machines
gvisor | | isolate containers from the kernel in a sandbox
kata-containers | | run containers in light virtual machines for isolation
slurm | slurm workload manager, slurmctld | batch jobs on computing clusters
htcondor | | run many computing jobs on idle machines
boinc | | give computing time to science projects
folding-at-home | | give computing time to medical research
vsphere | vcenter, vmware vsphere | manage many virtual machine hosts of a company
`;
