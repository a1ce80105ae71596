import { describe, expect, test } from '@jest/globals';
import type { Definitions } from './json-schema.ts';
import { quantityPattern, structuralSchemaOf, withoutDescriptions } from './structural-schema.ts';

const ref = (name: string) => ({ $ref: `#/definitions/${name}` });

function schemaOfField(field: object, more: Definitions = {}) {
  return structuralSchemaOf('Kind', {
    Kind: { type: 'object', properties: { field } },
    Quantity: { type: ['string', 'number'] },
    IntOrString: { type: ['string', 'number'] },
    Int32: { type: 'integer', format: 'int32', description: 'A number.' },
    Bus: { type: 'string', enum: ['usb', 'virtio'], description: 'A bus.' },
    Empty: { type: 'object', additionalProperties: { not: {} } },
    Part: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'], description: 'A part.' },
    ...more,
  }).properties?.['field'];
}

describe('structuralSchemaOf', () => {
  test.each([
    ['a quantity', ref('Quantity'), { 'x-kubernetes-int-or-string': true, pattern: quantityPattern }],
    ['a number or a string', ref('IntOrString'), { anyOf: [{ type: 'integer' }, { type: 'string' }] }],
    ['an alias keeps its format, not its doc', ref('Int32'), { type: 'integer', format: 'int32' }],
    ["the field's doc wins", { ...ref('Part'), description: 'Ours.' }, { type: 'object', description: 'Ours.' }],
    ["a type's doc stands in", ref('Part'), { description: 'A part.', required: ['name'] }],
    ['null beside a reference', { anyOf: [ref('Part'), { type: 'null' }] }, { type: 'object', nullable: true }],
    ['null beside a scalar', { type: ['string', 'null'] }, { type: 'string', nullable: true }],
    [
      'a map',
      { type: 'object', additionalProperties: ref('Int32') },
      { additionalProperties: { type: 'integer', format: 'int32' } },
    ],
    ['the enforced values', { ...ref('Bus'), enforced: true }, { type: 'string', enum: ['usb', 'virtio'] }],
    ['a pattern that a comment had to escape', { type: 'string', pattern: '*\\/x' }, { pattern: '*/x' }],
    [
      'unknown fields',
      { ...ref('Part'), preserveUnknownFields: true },
      { 'x-kubernetes-preserve-unknown-fields': true },
    ],
  ])('%s', (_, field, expected) => {
    expect(schemaOfField(field)).toMatchObject(expected);
  });

  test('known values without @enforced are open', () => {
    expect(schemaOfField({ ...ref('Bus'), description: 'Ours.' })).toEqual({
      type: 'string',
      description: 'Ours. Known values: "usb", "virtio".',
    });
  });

  test('the keys of a list map become required', () => {
    const list = {
      type: 'array',
      items: { type: 'object', properties: { a: { type: 'string' } } },
      listType: 'map',
      listMapKeys: 'a',
    };
    expect(schemaOfField(list)).toMatchObject({
      items: { required: ['a'] },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a'],
    });
  });

  test('a key that items do not have, a missing type and a union are refused by path', () => {
    expect(() => schemaOfField({ type: 'array', items: ref('Part'), listType: 'map', listMapKeys: 'id' })).toThrow(
      'Kind.field',
    );
    expect(() => schemaOfField(ref('Nowhere'))).toThrow('Kind.field: no type Nowhere');
    expect(() => schemaOfField({ anyOf: [ref('Part'), ref('Bus')] })).toThrow('Kind.field');
  });
});

test('withoutDescriptions goes all the way down', () => {
  const text = JSON.stringify(
    withoutDescriptions({
      type: 'object',
      description: 'x',
      properties: { description: { type: 'array', description: 'x', items: { type: 'string', description: 'x' } } },
      additionalProperties: { type: 'string', description: 'x' },
    }),
  );
  expect(text).not.toContain('"x"');
  expect(text).toContain('"description":{"type":"array"');
});
