// What a program of confluent-kafka-go's schemaregistry does: serializers of the three formats, and the client itself.

package registry

import (
	"os"
	"testing"

	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/avrov2"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/jsonschema"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/protobuf"
	"google.golang.org/protobuf/types/known/structpb"
)

type Order struct {
	ID   int64  `avro:"id" json:"id"`
	Note string `avro:"note" json:"note"`
}

func client(t *testing.T) schemaregistry.Client {
	made, err := schemaregistry.NewClient(schemaregistry.NewConfig(os.Getenv("REGISTRY")))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAvro(t *testing.T) {
	serializer, err := avrov2.NewSerializer(client(t), serde.ValueSerde, avrov2.NewSerializerConfig())
	check(t, err)
	data, err := serializer.Serialize("go-avro", &Order{ID: 1, Note: "tea"})
	check(t, err)
	deserializer, err := avrov2.NewDeserializer(client(t), serde.ValueSerde, avrov2.NewDeserializerConfig())
	check(t, err)
	var read Order
	check(t, deserializer.DeserializeInto("go-avro", data, &read))
	if read != (Order{ID: 1, Note: "tea"}) {
		t.Fatalf("read %v", read)
	}
}

func TestJSONSchema(t *testing.T) {
	config := jsonschema.NewSerializerConfig()
	config.EnableValidation = true
	serializer, err := jsonschema.NewSerializer(client(t), serde.ValueSerde, config)
	check(t, err)
	data, err := serializer.Serialize("go-json", &Order{ID: 1, Note: "tea"})
	check(t, err)
	deserializer, err := jsonschema.NewDeserializer(client(t), serde.ValueSerde, jsonschema.NewDeserializerConfig())
	check(t, err)
	var read Order
	check(t, deserializer.DeserializeInto("go-json", data, &read))
	if read != (Order{ID: 1, Note: "tea"}) {
		t.Fatalf("read %v", read)
	}
}

func TestProtobuf(t *testing.T) {
	serializer, err := protobuf.NewSerializer(client(t), serde.ValueSerde, protobuf.NewSerializerConfig())
	check(t, err)
	sent, err := structpb.NewStruct(map[string]any{"id": 1.0})
	check(t, err)
	data, err := serializer.Serialize("go-proto", sent)
	check(t, err)
	deserializer, err := protobuf.NewDeserializer(client(t), serde.ValueSerde, protobuf.NewDeserializerConfig())
	check(t, err)
	read := &structpb.Struct{}
	check(t, deserializer.DeserializeInto("go-proto", data, read))
	if read.Fields["id"].GetNumberValue() != 1.0 {
		t.Fatalf("read %v", read)
	}
}

func TestTheRegistryIsAsked(t *testing.T) {
	asked := client(t)
	id, err := asked.Register("go-asked", schemaregistry.SchemaInfo{Schema: `"int"`, SchemaType: "AVRO"}, false)
	check(t, err)
	found, err := asked.GetBySubjectAndID("go-asked", id)
	check(t, err)
	if found.Schema != `"int"` {
		t.Fatalf("found %v", found)
	}
	compatible, err := asked.TestSubjectCompatibility("go-asked", schemaregistry.SchemaInfo{Schema: `"string"`})
	check(t, err)
	if compatible {
		t.Fatal("a string is no int")
	}
	_, err = asked.Register("go-asked", schemaregistry.SchemaInfo{Schema: `"string"`, SchemaType: "AVRO"}, false)
	if err == nil {
		t.Fatal("what is incompatible was registered")
	}
	versions, err := asked.DeleteSubject("go-asked", false)
	check(t, err)
	if len(versions) != 1 {
		t.Fatalf("deleted %v", versions)
	}
}
