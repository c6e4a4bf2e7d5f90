// Prints Kafka's own lists of error codes and APIs, one row a line.

import java.util.stream.Collectors;

import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

public class ProtocolTables {
    public static void main(String[] arguments) {
        for (Errors each : Errors.values()) {
            boolean isRetriable = each.exception() instanceof RetriableException;
            System.out.println("error " + each.name() + " " + each.code() + " " + isRetriable);
        }
        for (ApiKeys each : ApiKeys.values()) {
            if (each.hasValidVersion()) {
                String listeners = each.messageType.listeners().stream()
                    .map(listener -> listener.name().toLowerCase()).sorted().collect(Collectors.joining(","));
                System.out.println("api " + each.name() + " " + each.id + " " + each.oldestVersion() + " "
                    + each.latestVersion(false) + " " + listeners);
            }
        }
    }
}
