package io.strata.tests;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Byte vectors of every message by Kafka's own code, and the check of vectors that others wrote.
 *
 * <p>A file of vectors is a sequence of: name (modified UTF-8), version (short), length (int), bytes. `write FILE` writes
 * them: of every request and response in every stable version, with defaults and with filled values. `check FILE` reads
 * each with Kafka's code, writes it again and compares.
 */
public final class Vectors {
    private static final int SEEDS = 6;

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "write" -> write(Path.of(arguments[1]));
            case "check" -> check(Path.of(arguments[1]));
            default -> throw new IllegalArgumentException("write FILE | check FILE");
        }
    }

    private static Map<String, ApiMessage> messages() {
        Map<String, ApiMessage> found = new LinkedHashMap<>();
        for (ApiMessageType type : ApiMessageType.values()) {
            try {
                ApiMessage request = type.newRequest();
                ApiMessage response = type.newResponse();
                found.put(name(request), request);
                found.put(name(response), response);
            } catch (RuntimeException withdrawn) {
                // An API without messages.
            }
        }
        return found;
    }

    private static String name(ApiMessage message) {
        String simple = message.getClass().getSimpleName();
        return simple.substring(0, simple.length() - "Data".length());
    }

    private static void write(Path path) throws Exception {
        int written = 0;
        int skipped = 0;
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(path)))) {
            for (Map.Entry<String, ApiMessage> entry : messages().entrySet()) {
                Class<?> type = entry.getValue().getClass();
                for (short version = entry.getValue().lowestSupportedVersion(); version <= entry.getValue().highestSupportedVersion(); version++) {
                    int given = 0;
                    for (int seed = 0; seed < SEEDS; seed++) {
                        ApiMessage value = (ApiMessage) type.getConstructor().newInstance();
                        if (seed > 0) {
                            new Filler(seed, version).fill(value);
                        }
                        try {
                            byte[] bytes = bytes(value, version);
                            out.writeUTF(entry.getKey());
                            out.writeShort(version);
                            out.writeInt(bytes.length);
                            out.write(bytes);
                            written++;
                            given++;
                        } catch (RuntimeException refused) {
                            // A value that this version cannot carry, such as a null or a field that came later.
                            skipped++;
                        }
                    }
                    if (given == 0) {
                        System.out.println("no value of " + entry.getKey() + " version " + version + " could be written");
                    }
                }
            }
        }
        System.out.println(written + " vectors written by Kafka's code (" + skipped + " values do not exist in their version)");
    }

    private static byte[] bytes(Message value, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBufferAccessor buffer = new ByteBufferAccessor(ByteBuffer.allocate(value.size(cache, version)));
        value.write(buffer, cache, version);
        return buffer.buffer().array();
    }

    private static void check(Path path) throws Exception {
        Map<String, ApiMessage> messages = messages();
        int checked = 0;
        int unknown = 0;
        int wrong = 0;
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(path)))) {
            while (true) {
                String name;
                try {
                    name = in.readUTF();
                } catch (EOFException end) {
                    break;
                }
                short version = in.readShort();
                byte[] bytes = in.readNBytes(in.readInt());
                ApiMessage prototype = messages.get(name);
                if (prototype == null) {
                    unknown++;
                    continue;
                }
                String trouble = trouble(prototype, version, bytes);
                checked++;
                if (trouble != null) {
                    wrong++;
                    if (wrong <= 20) {
                        System.out.println(name + " version " + version + ": " + trouble);
                    }
                }
            }
        }
        System.out.println(checked + " of our vectors read by Kafka's code, " + wrong + " wrong, " + unknown + " of messages that are not on its list");
        System.exit(wrong == 0 && checked > 0 ? 0 : 1);
    }

    private static String trouble(ApiMessage prototype, short version, byte[] bytes) throws Exception {
        try {
            ApiMessage value = (ApiMessage) prototype.getClass().getConstructor().newInstance();
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            value.read(new ByteBufferAccessor(buffer), version);
            if (buffer.hasRemaining()) {
                return buffer.remaining() + " bytes are left";
            }
            byte[] again = bytes(value, version);
            return java.util.Arrays.equals(bytes, again) ? null : "other bytes when written again: " + again.length + " instead of " + bytes.length;
        } catch (RuntimeException refused) {
            return refused.toString();
        }
    }

    /** Fills a message through its setters, the same for the same seed. */
    private static final class Filler {
        private final java.util.Random random;
        private final int seed;
        private final short version;
        private int depth;

        Filler(int seed, short version) {
            this.random = new java.util.Random(seed * 1000L + version);
            this.seed = seed;
            this.version = version;
        }

        void fill(Object message) throws Exception {
            Method[] methods = message.getClass().getDeclaredMethods();
            java.util.Arrays.sort(methods, Comparator.comparing(Method::getName));
            for (Method method : methods) {
                if (method.getName().startsWith("set") && method.getParameterCount() == 1 && !skips(message, method)) {
                    set(message, method);
                }
            }
        }

        /** A value that its version cannot carry is left at its default, one field at a time. */
        private void set(Object message, Method method) throws Exception {
            Method getter = message.getClass().getMethod(Character.toLowerCase(method.getName().charAt(3)) + method.getName().substring(4));
            Object before = getter.invoke(message);
            Object value = value(method.getGenericParameterTypes()[0]);
            if (value == null) {
                return;
            }
            method.invoke(message, value);
            try {
                bytes((Message) message, version);
            } catch (RuntimeException refused) {
                method.invoke(message, before);
            }
        }

        private static boolean skips(Object message, Method method) {
            return method.getName().equals("setPrev") || method.getName().equals("setNext");
        }

        private Object value(Type type) throws Exception {
            if (type == boolean.class) {
                return random.nextBoolean();
            } else if (type == byte.class) {
                return (byte) random.nextInt(100);
            } else if (type == short.class) {
                return (short) random.nextInt(30000);
            } else if (type == int.class) {
                // Some fields are unsigned 16 bits wide.
                return random.nextInt(60000);
            } else if (type == long.class) {
                return random.nextLong();
            } else if (type == double.class) {
                return random.nextDouble() * 1e9;
            } else if (type == String.class) {
                return "text-é-" + random.nextInt(1000) + "x".repeat(random.nextInt(seed * 40));
            } else if (type == Uuid.class) {
                return new Uuid(random.nextLong(), random.nextLong());
            } else if (type == byte[].class) {
                byte[] bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
                return bytes;
            } else if (type == ByteBuffer.class) {
                byte[] bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
                return ByteBuffer.wrap(bytes);
            } else if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
                return list(list.getActualTypeArguments()[0]);
            } else if (type instanceof Class<?> kind && Message.class.isAssignableFrom(kind)) {
                return struct(kind);
            } else if (type instanceof Class<?> kind && java.util.AbstractCollection.class.isAssignableFrom(kind)) {
                return collection(kind);
            } else if (type instanceof Class<?> kind && kind.getSimpleName().contains("Records")) {
                byte[] bytes = new byte[random.nextInt(300)];
                random.nextBytes(bytes);
                return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
            }
            return null;
        }

        private List<Object> list(Type element) throws Exception {
            List<Object> values = new ArrayList<>();
            for (int left = count(); left > 0; left--) {
                Object value = value(element);
                if (value == null) {
                    return null;
                }
                values.add(value);
            }
            return values;
        }

        private int count() {
            return depth > 3 ? 0 : seed == 1 ? 1 : random.nextInt(seed);
        }

        private Object struct(Class<?> kind) throws Exception {
            Object value = kind.getConstructor().newInstance();
            depth++;
            fill(value);
            depth--;
            return value;
        }

        @SuppressWarnings("unchecked")
        private Object collection(Class<?> kind) throws Exception {
            Constructor<?> constructor = kind.getConstructor();
            java.util.Collection<Object> values = (java.util.Collection<Object>) constructor.newInstance();
            Type element = ((ParameterizedType) kind.getGenericSuperclass()).getActualTypeArguments()[0];
            for (int left = count(); left > 0; left--) {
                values.add(struct((Class<?>) element));
            }
            return values;
        }
    }

    private Vectors() {
    }
}
