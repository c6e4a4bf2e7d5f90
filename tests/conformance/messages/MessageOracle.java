// Reads messages with Kafka's own classes and says what it read.
//
// A line of input is a message's name, its version and its bytes in hexadecimal, or `new` for a message nobody has
// filled. The line of output is the bytes that Kafka writes for it, a space, and Kafka's JSON of it; or an exclamation
// mark and what went wrong.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.Readable;

public class MessageOracle {
    private static final List<String> PACKAGES = List.of(
        "org.apache.kafka.common.message.",
        "org.apache.kafka.common.metadata.",
        "org.apache.kafka.coordinator.group.generated.",
        "org.apache.kafka.coordinator.transaction.generated.",
        "org.apache.kafka.coordinator.share.generated.",
        "org.apache.kafka.raft.generated.",
        "org.apache.kafka.server.log.remote.metadata.storage.generated.");

    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] words = line.split(" ", -1);
            output.println(answer(words[0], Short.parseShort(words[1]), words[2]));
        }
        output.flush();
    }

    private static String answer(String name, short version, String hexadecimal) {
        try {
            Class<?> type = find(name);
            Message message = hexadecimal.equals("new")
                ? (Message) type.getConstructor().newInstance()
                : read(type, version, ByteBuffer.wrap(HexFormat.of().parseHex(hexadecimal)));
            ByteBuffer written = MessageUtil.toByteBufferAccessor(message, version).buffer();
            byte[] again = new byte[written.remaining()];
            written.get(again);
            Object json = Class.forName(type.getName() + "JsonConverter")
                .getMethod("write", type, short.class, boolean.class)
                .invoke(null, message, version, false);
            return HexFormat.of().formatHex(again) + " " + json;
        } catch (InvocationTargetException problem) {
            return "! " + problem.getCause();
        } catch (ReflectiveOperationException | RuntimeException problem) {
            return "! " + problem;
        }
    }

    private static Message read(Class<?> type, short version, ByteBuffer buffer) throws ReflectiveOperationException {
        Object message = type
            .getConstructor(Readable.class, short.class)
            .newInstance(new ByteBufferAccessor(buffer), version);
        if (buffer.hasRemaining()) {
            throw new IllegalArgumentException(buffer.remaining() + " bytes were not read");
        }
        return (Message) message;
    }

    private static Class<?> find(String name) throws ClassNotFoundException {
        for (String place : PACKAGES) {
            for (String suffix : List.of("Data", "")) {
                try {
                    return Class.forName(place + name + suffix);
                } catch (ClassNotFoundException elsewhere) {
                    continue;
                }
            }
        }
        throw new ClassNotFoundException(name);
    }
}
