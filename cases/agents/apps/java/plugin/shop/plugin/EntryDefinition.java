package shop.plugin;

/** Incoming HTTP requests. */
public final class EntryDefinition extends Definition {
    public EntryDefinition() {
        super("shop.BillHandler", "handle", EntryInterceptor.class);
    }
}
