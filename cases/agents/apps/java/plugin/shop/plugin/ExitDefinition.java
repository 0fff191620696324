package shop.plugin;

/** Outgoing HTTP calls. */
public final class ExitDefinition extends Definition {
    public ExitDefinition() {
        super("shop.NextClient", "ask", ExitInterceptor.class);
    }
}
