import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DatabaseResolver;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.backend.memory.index.MemoryUniqueIndex;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.oplog.Oplog;
import io.netty.channel.Channel;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Runs the protocol double on the loopback address, at the port of the first argument. */
public class Double {
    /** What drivers of today ask for at least: the protocol of MongoDB 4.4. */
    private static final MongoVersion VERSION = new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(4, 4, 0);
        }

        @Override
        public int getWireVersion() {
            return 9;
        }
    };

    /** A backend whose unique indexes may be partial. */
    private static final class Backend extends MemoryBackend {
        @Override
        public MemoryDatabase openOrCreateDatabase(String name) {
            return new Database(name, getCursorRegistry());
        }
    }

    /** A database that heeds a filter of a unique index: that the first of its fields is there. */
    private static final class Database extends MemoryDatabase {
        private Set<String> partial; // the superclass makes indexes before this is set

        Database(String name, CursorRegistry cursors) {
            super(name, cursors);
        }

        @Override
        protected void addIndex(Document index) {
            if (partial == null) {
                partial = new HashSet<>();
            }
            if (index.containsKey("partialFilterExpression")) {
                String first = ((Document) index.get("key")).keySet().iterator().next();
                Document filter = new Document(first, new Document("$exists", true));
                if (!filter.equals(index.get("partialFilterExpression"))) {
                    throw new UnsupportedOperationException("the double knows no filter " + index.get("partialFilterExpression"));
                }
                partial.add(index.get("ns") + " " + index.get("name"));
            } else {
                partial.remove(index.get("ns") + " " + index.get("name"));
            }
            super.addIndex(index);
        }

        /** Drops an index of one collection by its name; the superclass would drop those of all that have it. */
        @Override
        public Document handleCommand(Channel channel, String command, Document query, DatabaseResolver databases, Oplog log) {
            if (command.equalsIgnoreCase("dropIndexes") && query.get("index") instanceof String && !"*".equals(query.get("index"))) {
                query = query.cloneDeeply();
                query.put("index", keyOf(query.get(command), query.get("index")));
            }
            return super.handleCommand(channel, command, query, databases, log);
        }

        private Object keyOf(Object collection, Object name) {
            for (Document index : getOrCreateIndexesCollection().queryAll()) {
                if (name.equals(index.get("name")) && getFullCollectionNamespace((String) collection).equals(index.get("ns"))) {
                    return index.get("key");
                }
            }
            return new Document("no field of this name", 1);
        }

        @Override
        protected Index<Integer> openOrCreateUniqueIndex(String collection, String name, List<IndexKey> keys, boolean sparse) {
            return partial != null && partial.contains(getFullCollectionNamespace(collection) + " " + name)
                    ? new PartialIndex(name, keys)
                    : super.openOrCreateUniqueIndex(collection, name, keys, sparse);
        }
    }

    /** Leaves out the documents without the first field, and answers no query: it does not know all documents. */
    private static final class PartialIndex extends MemoryUniqueIndex {
        PartialIndex(String name, List<IndexKey> keys) {
            super(name, keys, true);
        }

        private static boolean absent(KeyValue key) {
            return Missing.isNullOrMissing(key.get(0));
        }

        @Override
        protected boolean putKeyPosition(KeyValue key, Integer position) {
            return absent(key) || super.putKeyPosition(key, position);
        }

        @Override
        protected Integer getPosition(KeyValue key) {
            return absent(key) ? null : super.getPosition(key);
        }

        @Override
        protected Integer removeDocument(KeyValue key) {
            return absent(key) ? null : super.removeDocument(key);
        }

        @Override
        public boolean canHandle(Document query) {
            return false;
        }
    }

    public static void main(String[] args) {
        MemoryBackend backend = new Backend();
        backend.version(VERSION);
        MongoServer server = new MongoServer(backend);
        try {
            server.bind("127.0.0.1", Integer.parseInt(args[0]));
        } catch (Exception e) {
            System.err.println("cannot listen: " + e);
            Runtime.getRuntime().halt(1);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0)));
        System.out.println("Waiting for connections");
    }
}
