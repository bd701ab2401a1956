/** Code, builds, packages, quality. One product on a line: name | aliases | what people want it for. */
export const developmentProducts = `
gitea | | git server, host code repositories with issues and pull requests, git hosting, version control, source code
forgejo | | git hosting by a community, code repositories with issues, version control, git server, source code
gitlab | gitlab ce, gitlab ee, gitlab omnibus | git hosting with pipelines, issues and registry
gogs | | very light git server for code repositories
gitbucket | | git hosting on java, source code of a team
onedev | | git server with pipelines and kanban
cgit | | fast web view of git repositories
gitweb | | simple web view of git repositories
gitolite | | control who may use git repositories over ssh
soft-serve | charm soft serve | git server for the command line
sourcehut | sr.ht | minimal code hosting with mailing lists
rhodecode | | manage code repositories of several kinds
kallithea | | manage code repositories of several kinds
phabricator | | code review, tasks and repositories
phorge | | code review, tasks and repositories
gerrit | gerrit code review | review code changes before they are merged
bitbucket | bitbucket data center | git hosting for companies, source code of a team
subversion | svn | older version control server, source code of a team
fossil | fossil scm | version control with wiki and tickets in one file
radicle | | peer to peer code collaboration
sourcegraph | | search code over many repositories
opengrok | | fast search through source code
hound | houndd | search code with regular expressions
sourcebot | | search code of many repositories in the browser
jenkins | | continuous integration server, build and test jobs
woodpecker | woodpecker ci | simple continuous integration in containers, ci server, build pipelines
drone | drone ci, harness open source | continuous integration with pipelines in containers, ci server, builds
concourse | concourse ci | continuous integration with pipelines as code
teamcity | | build server with agents and test reports
bamboo | atlassian bamboo | build and release server for companies
buildbot | | python based build automation, test and build software automatically
gocd | | continuous delivery server with pipelines
buildkite | buildkite agent | pipelines with own build agents
gitlab-runner | | runs the pipeline jobs of the git server
github-runner | actions runner, github actions runner, actions runner controller | runs workflow jobs of a code host on own machines
gitea-runner | act runner, gitea act runner, forgejo runner | runs workflow jobs of the own git server
agola | | redefine build and release pipelines
laminar | laminar ci | very light continuous integration without a database
tekton | tekton pipelines | pipelines inside a cluster, test and build software automatically
spinnaker | | release applications to several clouds
argocd | | deploy to clusters from git, gitops delivery
flux | fluxcd | keep a cluster in step with git, gitops
argo-rollouts | | progressive delivery of applications in a cluster
keptn | | delivery life cycle of cloud applications
renovate | renovatebot | propose updates of dependencies automatically
dependabot | | pull requests for outdated dependencies
sonarqube | sonar scanner, sonarqube scanner | code quality and security analysis
semgrep | | find bugs in code by patterns
codecov | | report test coverage of code
reviewdog | | comments of linters in pull requests
nexus | sonatype nexus, nexus repository, nexus3 | package repository for java, npm and docker images
artifactory | jfrog artifactory | artifact repository for builds and packages
verdaccio | | private npm package registry, publish own libraries inside the company
pypiserver | | private python package index, publish own libraries inside the company
devpi | | private python package index, publish own libraries inside the company
gemstash | | private ruby gem server, publish own libraries inside the company
geminabox | | private ruby gem server, publish own libraries inside the company
athens | gomods athens | proxy and cache for go modules
kellnr | | private registry of rust crates
satis | | private registry for php packages
pulp | pulpproject | mirror and publish software packages
aptly | | publish own debian package repositories
reprepro | | keep a local debian package repository
createrepo | | build own rpm package repositories
archiva | apache archiva | repository manager for java builds
baget | | private server for dotnet packages
bagetter | | private server for dotnet packages
conan-server | | private c and c++ package server
ccache | | cache compiler results for faster builds
sccache | | cache compiler results for faster builds
bazel-remote | | shared cache for builds, faster compile times for teams
buildfarm | | shared cache for builds, faster compile times for teams
buildbarn | | shared cache for builds, faster compile times for teams
code-server | coder code server, vscode server | write code in the browser, remote editor, ide, development environment on a remote machine
openvscode-server | | write code in the browser, remote editor
coder | coder v2 | development environments on own infrastructure
gitpod | | ready development environments from a repository
eclipse-che | | development workspaces in the browser
theia | eclipse theia | development workspaces in the browser
devpod | | reproducible development environments in containers
judge0 | | run code snippets in a sandbox
swagger-ui | swagger editor | show and try http interfaces
hoppscotch | | test http interfaces in the browser
insomnia | | desktop client to test http interfaces
wiremock | | pretend to be an http service in tests
mockserver | | simulate http services for tests
locust | | load tests written in python
k6 | grafana k6 | load testing of websites, how many users a site stands
jmeter | apache jmeter | load and performance tests, how many users a site stands
gatling | | load tests for web applications
backstage | spotify backstage | developer portal with a catalogue of services
weblate | | translate software together on the web
pontoon | mozilla pontoon | translation of software by a community
tolgee | | translate the texts of an app together, translation management
traduora | | translate the texts of an app together, translation platform
bugzilla | | bug tracker with history, report and follow mistakes
mantisbt | mantis bug tracker | bug tracker in php, report and follow mistakes
trac | edgewall trac | wiki and bug tracker for software projects
allure | allure testops | pretty reports of test runs
reportportal | | collect and analyse test results
testrail | | plan and manage test cases of software
kiwi-tcms | | plan and manage test cases of software
docusaurus | | documentation websites from markdown, write manuals for software
mkdocs | mkdocs material | documentation site from markdown files
sphinx | sphinx docs | documentation generator for python projects
readthedocs | | build and host documentation of software projects
storybook | | show and try user interface components apart
nodejs | nvm node | javascript runtime for web applications and services
bun | bun sh | fast javascript runtime to run programs and services
deno | denoland | secure javascript runtime to run programs and services
pm2 | | keep node applications running and restart them
golang | | programming language to build services
php-fpm | | run php websites behind a web server
composer | php composer | package manager of php projects
openjdk | temurin, adoptopenjdk | java runtime to run java programs
dotnet | aspnet core | runtime for programs written in c sharp
rust-lang | rustup | compiler toolchain of a systems language
ruby | rbenv, rvm ruby | scripting language runtime for web applications
rails | ruby on rails | framework of ruby web applications
python | python3, pyenv | scripting language runtime for programs
django | | python web framework for sites
laravel | | php web framework for applications
maven | apache maven | build tool of java projects
gradle | | build tool for java and android
homebrew | linuxbrew | package manager for command line tools
nix | nixos | reproducible packages and system configuration
supervisord | supervisor daemon | keep programs running and restart them
`;
