import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.io.FileReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Debezium's embedded engine with its JSON converter into a topic of Kafka, as its server's sink has it: a batch is sent,
 * awaited, and noted as done.
 *
 * <pre>Follow ENGINE.properties PRODUCER.properties TOPIC TABLES COUNT</pre>
 *
 * Ends when COUNT changes of the tables whose names begin with TABLES ("prefix.database.table") are in the topic, and says how
 * many nanoseconds passed from the first of them until all were: what Java and the engine need to start does not count.
 */
public final class Follow implements DebeziumEngine.ChangeConsumer<ChangeEvent<String, String>> {
    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final String tables;
    private final long wanted;
    private long seen;
    private long begun;
    private long ended;

    private Follow(Properties settings, String topic, String tables, long wanted) {
        this.producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        this.topic = topic;
        this.tables = tables;
        this.wanted = wanted;
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void handleBatch(List<ChangeEvent<String, String>> batch,
                            DebeziumEngine.RecordCommitter<ChangeEvent<String, String>> committer) throws InterruptedException {
        for (ChangeEvent<String, String> event : batch) {
            if (event.destination().startsWith(tables)) {
                if (seen++ == 0) {
                    begun = System.nanoTime();
                }
                producer.send(new ProducerRecord<>(topic, 0, bytes(event.key()), bytes(event.value())), (metadata, failure) -> {
                    if (failure != null) {
                        failure.printStackTrace();
                        Runtime.getRuntime().halt(1);
                    }
                });
            }
        }
        producer.flush();
        for (ChangeEvent<String, String> event : batch) {
            committer.markProcessed(event);
        }
        committer.markBatchFinished();
        look();
    }

    private synchronized void look() {
        if (seen >= wanted && ended == 0) {
            ended = System.nanoTime();
            notifyAll();
        }
    }

    private synchronized void await() throws InterruptedException {
        while (ended == 0) {
            wait();
        }
    }

    private static Properties read(String path) throws Exception {
        Properties found = new Properties();
        try (FileReader file = new FileReader(path, StandardCharsets.UTF_8)) {
            found.load(file);
        }
        return found;
    }

    public static void main(String[] args) throws Exception {
        Follow follow = new Follow(read(args[1]), args[2], args[3], Long.parseLong(args[4]));
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (DebeziumEngine<ChangeEvent<String, String>> engine = DebeziumEngine.create(Json.class).using(read(args[0]))
                .using((good, message, failure) -> {
                    if (!good) {
                        System.err.println(message);
                        Runtime.getRuntime().halt(1);
                    }
                }).notifying(follow).build()) {
            thread.execute(engine);
            follow.await();
        }
        thread.shutdown();
        follow.producer.close();
        System.out.println(follow.ended - follow.begun);
        System.exit(0);
    }
}
