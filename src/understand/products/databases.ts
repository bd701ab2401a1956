/** Databases, caches, queues, search. One product on a line: name | aliases | what people want it for. */
export const databaseProducts = `
postgresql | pg, pgsql, psql | relational database server, sql database for applications
mariadb | mariadb server | relational database server compatible with mysql
galera | galera cluster, mariadb galera | several database servers that hold the same data, database cluster
mysql | mysql server, mysqld | relational database server for websites and applications
percona-server | percona mysql | relational database server, enhanced mysql
sqlite | sqlite3 | database in one file without a server
mssql | microsoft sql server, mssql server | relational database server by microsoft
oracle-database | oracle db, oracle xe | commercial relational database server for applications with sql
db2 | ibm db2 | commercial relational database server for applications with sql
firebird | firebirdsql | small relational database server for applications with sql
cockroachdb | crdb | distributed sql database that survives machine failures
yugabytedb | yugabyte | distributed sql database compatible with postgresql
tidb | pingcap tidb | distributed sql database that scales out
vitess | | scale mysql databases over many machines
timescaledb | timescale | time series on top of a relational database
patroni | | high availability and failover of postgresql clusters
cloudnative-pg | cnpg | run postgresql clusters in a container cluster
stackgres | | operate postgresql in a container cluster
postgres-operator | zalando postgres operator | operate postgresql in a container cluster
pgbouncer | | connection pool for postgresql with many clients
pgpool | pgpool ii, pgpool2 | pool and balance postgresql connections
pgbackrest | | reliable backups of postgresql databases
barman | pgbarman | backup and recovery manager for postgresql servers
wal-g | | archive database logs and backups to object storage
repmgr | | replication and failover of postgresql
pgvector | | store and search vectors in a relational database
postgis | | maps and geographic data in a relational database
pgadmin | pgadmin4 | manage postgresql databases in the browser
phpmyadmin | | manage mysql databases in the browser
adminer | | manage many kinds of databases in one small page
cloudbeaver | | work with databases in the browser
dbeaver | | work with databases in the browser
dbgate | | database client in the browser for sql and documents
pgweb | | simple postgresql browser in the web
mathesar | | spreadsheet like interface for a relational database
sqlpad | | run sql queries in the browser and draw results
bytebase | | review and roll out database schema changes
flyway | | apply database schema migrations in order
liquibase | | apply database schema migrations in order
maxscale | | proxy and load balancer for mysql servers
proxysql | | proxy that spreads queries over mysql servers
mysqltuner | | hints to tune a mysql server
postgrest | | turn a database into a rest api
hasura | hasura graphql engine | graphql api on top of a database
supabase | | backend with database, login and storage for apps
pocketbase | | backend in one file with database and login
appwrite | | backend server for web and mobile apps
parse-server | | backend for mobile apps with database and login
nhost | | backend with graphql, login and storage
directus | | manage database content through an api and admin app
redis | redis server, redis sentinel, redis stack | in-memory key value store, cache and session store
valkey | | in-memory cache and key value store, free fork
keydb | | multithreaded in-memory key value store
dragonfly | dragonflydb | fast in-memory store for caches
memcached | memcache | in-memory cache for websites to make applications faster
redisinsight | | look into an in-memory cache in the browser
phpredisadmin | | look into an in-memory cache in the browser
redis-commander | | look into an in-memory cache in the browser
hazelcast | | distributed in-memory data grid to make applications faster
ignite | apache ignite | distributed in-memory database and computing
varnish | varnish cache | http cache in front of websites
mongodb | mongo, mongod | document database for json data
ferretdb | | document database interface on top of postgresql
mongo-express | | browse a document database in the web
couchdb | apache couchdb | document database with replication to devices
couchbase | couchbase server | distributed document database with cache
rethinkdb | | document database that pushes changes
arangodb | | graph and document database in one
neo4j | | graph database for connected data
memgraph | | in-memory graph database for connected data and relations
dgraph | | distributed graph database for connected data and relations
janusgraph | | graph database for large graphs
surrealdb | | database for documents, graphs and tables
orientdb | | multi model graph and document database
cassandra | apache cassandra | wide column database over many machines
scylladb | | fast wide column database over many machines
hbase | apache hbase | big table store on a distributed file system
foundationdb | | distributed key value store with transactions
etcd | etcd cluster, etcd3 | small key value store that keeps cluster state
zookeeper | apache zookeeper | coordination service for distributed systems
consul | hashicorp consul | service discovery and configuration store
influxdb | influx, influxdb2 | time series database for sensor values and metrics
questdb | | fast time series database with sql
opentsdb | | time series on top of a big table store
tdengine | | time series database for machine data
clickhouse | clickhouse server | column database for analytics of large data
duckdb | | analytic database inside a program
druid | apache druid | real time analytics database, fast questions over large data
pinot | apache pinot | real time analytics for users
doris | apache doris | analytic database for reports, fast questions over large data
starrocks | | analytic database for reports, fast questions over large data
greenplum | | parallel data warehouse, fast questions over large data
solr | apache solr, solrcloud | enterprise full text search server
meilisearch | meili | fast search for websites and apps that forgives typos
typesense | | search engine for apps that forgives typos
manticore | manticoresearch | full text search server with sql
quickwit | | search engine for logs on object storage
zincsearch | | light search engine for text
sonic-search | valeriansaliou sonic | small search index for text
qdrant | | vector database for similarity search
weaviate | | vector database for semantic search
milvus | | vector database for large collections
chroma | chromadb | embedding database for language model apps
rabbitmq | rmq | message broker, queues between applications
kafka | apache kafka | event streaming platform, log of messages
redpanda | | event streaming platform compatible with kafka
strimzi | | run kafka on a container cluster
kafka-ui | | look at topics and messages in the browser
cmak | | look at topics and messages in the browser
kafdrop | | look at topics and messages in the browser
akhq | | look at topics and messages in the browser
nats | nats server, nats jetstream, jetstream | light messaging system between services
pulsar | apache pulsar | messaging and streaming platform, events between services
activemq | apache activemq, activemq artemis | message broker for enterprise applications
zeromq | 0mq | messaging library between programs, events between services
nsq | nsqd | real time distributed messaging, events between services
beanstalkd | | simple work queue for background jobs
gearman | gearmand | hand out background jobs to workers
celery | celery worker, celery beat | run background tasks of python applications
flower | celery flower | watch background tasks of python workers
centrifugo | | real time messages to browsers
soketi | | websocket server for live updates
mercure | | push updates from the server to browsers
debezium | | stream changes out of databases
materialize | | live views on streaming data
immudb | | database whose entries cannot be changed
dolt | doltdb | sql database with branches like git
libsql | sqld | sqlite as a network server
litestream | | replicate a sqlite file continuously to object storage
litefs | | replicate sqlite files between machines
rqlite | | replicated sqlite over several machines
edgedb | gel database | graph relational database for connected data and relations
`;
