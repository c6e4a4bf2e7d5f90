// What a program of @confluentinc/schemaregistry does: serializers of the three formats, and the client itself.

const assert = require('node:assert')
const { test } = require('node:test')
const {
  AvroDeserializer,
  AvroSerializer,
  Compatibility,
  JsonDeserializer,
  JsonSerializer,
  ProtobufDeserializer,
  ProtobufSerializer,
  SchemaRegistryClient,
  SerdeType,
} = require('@confluentinc/schemaregistry')
const { StructSchema } = require('@bufbuild/protobuf/wkt')
const { create, createRegistry } = require('@bufbuild/protobuf')

const registry = () => new SchemaRegistryClient({ baseURLs: [process.env.REGISTRY] })
const ORDER = { id: 1, note: 'tea' }
const AVRO = JSON.stringify({
  type: 'record',
  name: 'Order',
  fields: [{ name: 'id', type: 'long' }, { name: 'note', type: 'string' }],
})
const JSON_SCHEMA = JSON.stringify({
  type: 'object',
  properties: { id: { type: 'integer' }, note: { type: 'string' } },
  required: ['id'],
})

test('Avro', async () => {
  const client = registry()
  await client.register('js-avro-value', { schema: AVRO, schemaType: 'AVRO' })
  const serializer = new AvroSerializer(client, SerdeType.VALUE, { useLatestVersion: true })
  const data = await serializer.serialize('js-avro', ORDER)
  const read = await new AvroDeserializer(registry(), SerdeType.VALUE, {}).deserialize('js-avro', data)
  assert.deepEqual({ ...read }, ORDER)
})

test('JSON Schema', async () => {
  const client = registry()
  await client.register('js-json-value', { schema: JSON_SCHEMA, schemaType: 'JSON' })
  const serializer = new JsonSerializer(client, SerdeType.VALUE, { useLatestVersion: true, validate: true })
  const data = await serializer.serialize('js-json', ORDER)
  await assert.rejects(serializer.serialize('js-json', { id: 'one' }))
  const read = await new JsonDeserializer(registry(), SerdeType.VALUE, { validate: true }).deserialize('js-json', data)
  assert.deepEqual(read, ORDER)
})

test('Protobuf', async () => {
  const serializer = new ProtobufSerializer(registry(), SerdeType.VALUE, {
    autoRegisterSchemas: true,
    registry: createRegistry(StructSchema),
  })
  const sent = create(StructSchema, { fields: { id: { kind: { case: 'numberValue', value: 1 } } } })
  const data = await serializer.serialize('js-proto', sent)
  const read = await new ProtobufDeserializer(registry(), SerdeType.VALUE, {}).deserialize('js-proto', data)
  assert.equal(read.fields.id.kind.value, 1)
})

test('the registry is asked', async () => {
  const client = registry()
  const subject = 'js-asked'
  const id = await client.register(subject, { schema: '"int"', schemaType: 'AVRO' })
  assert.equal((await client.getBySubjectAndId(subject, id)).schema, '"int"')
  assert.equal(await client.testCompatibility(subject, 1, { schema: '"string"', schemaType: 'AVRO' }), false)
  await assert.rejects(client.register(subject, { schema: '"string"', schemaType: 'AVRO' }), { errorCode: 40901 })
  await client.updateCompatibility(subject, Compatibility.NONE)
  assert.equal(await client.getCompatibility(subject), Compatibility.NONE)
  await client.register(subject, { schema: '"string"', schemaType: 'AVRO' })
  assert.deepEqual(await client.getAllVersions(subject), [1, 2])
  assert.deepEqual(await client.deleteSubject(subject), [1, 2])
})
