package shop;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;

/** {@code GET /bill}: answers with the status of the next service. */
public class BillHandler implements HttpHandler {
    private final NextClient next;
    private final ExecutorService auditors;

    public BillHandler(NextClient next, ExecutorService auditors) {
        this.next = next;
        this.auditors = auditors;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String query = exchange.getRequestURI().getRawQuery();
        int status;
        try {
            auditors.submit(new AuditTask()).get();
            status = next.ask(query == null ? "" : query, new TreeMap<>());
        } catch (InterruptedException | ExecutionException error) {
            throw new IOException(error);
        }
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }
}
