package shop;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;

/** Calls the next service of the chain; where the chain ends here, answers for it. */
public class NextClient {
    private final HttpClient client = HttpClient.newHttpClient();
    private final URI target;

    public NextClient(String url) {
        this.target = url == null || url.isEmpty() ? null : URI.create(url);
    }

    /** Host and port called, null at the end of the chain. */
    public String peer() {
        return target == null ? null : target.getAuthority();
    }

    /** Path called, null at the end of the chain. */
    public String path() {
        return target == null ? null : target.getPath();
    }

    /** Status of {@code GET target?query}, sent with {@code headers}. */
    public int ask(String query, Map<String, String> headers) throws IOException, InterruptedException {
        if (target == null) {
            return query.contains("fail=1") ? 500 : 200;
        }
        URI url = query.isEmpty() ? target : URI.create(target + "?" + query);
        HttpRequest.Builder request = HttpRequest.newBuilder(url).version(HttpClient.Version.HTTP_1_1);
        headers.forEach(request::header);
        return client.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
    }
}
