package shop;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The billing service: writes an audit entry on another thread, then asks the next service. */
public final class Billing {
    private Billing() {
    }

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(System.getenv("PORT"));
        ExecutorService auditors = Executors.newFixedThreadPool(2);
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 64);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.createContext("/bill", new BillHandler(new NextClient(System.getenv("NEXT_URL")), auditors));
        server.start();
    }
}
