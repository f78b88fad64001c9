import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.net.BindException;
import java.util.List;

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

    public static void main(String[] args) {
        MemoryBackend backend = new MemoryBackend();
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
