package shop;

import java.util.zip.CRC32;

/** Work handed to another thread; the request waits for it. */
public class AuditTask implements Runnable {
    private final byte[] entry = "order paid".getBytes(java.nio.charset.StandardCharsets.UTF_8);

    @Override
    public void run() {
        CRC32 checksum = new CRC32();
        checksum.update(entry);
        if (checksum.getValue() == 0) {
            throw new IllegalStateException("audit entry without a checksum");
        }
    }
}
