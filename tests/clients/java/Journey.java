import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Registers, logs in, asks who that is, and refreshes, with a client as the JDK makes it. */
public class Journey {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final String PERSON = "{\"email\": \"duke@example.com\", \"username\": \"duke\","
            + " \"password\": \"SecurePass123!\"}";

    public static void main(String[] arguments) throws Exception {
        String base = arguments[0];
        answer(post(base + "/auth/register", PERSON));
        String tokens = answer(post(base + "/auth/login", PERSON));
        answer(HttpRequest.newBuilder(URI.create(base + "/auth/me"))
                .header("Authorization", "Bearer " + field(tokens, "access_token")).build());
        String body = "{\"refresh_token\": \"" + field(tokens, "refresh_token") + "\"}";
        field(answer(post(base + "/auth/refresh", body)), "access_token");
    }

    private static HttpRequest post(String url, String body) {
        return HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)).build();
    }

    private static String answer(HttpRequest request) throws Exception {
        HttpResponse<String> response =
                CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(request.uri().getPath() + " " + response.statusCode());
        return response.body();
    }

    private static String field(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":\\s*\"([^\"]+)\"").matcher(json);
        if (!found.find()) {
            throw new IllegalStateException("no " + name);
        }
        return found.group(1);
    }
}
