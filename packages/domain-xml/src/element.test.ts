import { expect, test } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import fc from 'fast-check';
import { element, renderXml } from './element.ts';

test('leaves out what is absent', () => {
  expect(renderXml(element('a', { x: undefined, y: 1 }, undefined, false, element('b')))).toBe(
    '<a y="1">\n  <b/>\n</a>\n',
  );
});

// XML has no way to write most control characters, so they are dropped.
const writable = fc.string({ unit: 'binary' }).map((text) => text.replace(/[^\t\n\r -\ud7ff\ue000-\ufffd]/g, ''));

test('any text in an attribute or element is read back as it was', () => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    parseTagValue: false,
    trimValues: false,
    htmlEntities: true,
    alwaysCreateTextNode: true,
  });
  fc.assert(
    fc.property(writable, writable, (attribute, text) => {
      const read = parser.parse(renderXml(element('a', { x: attribute }, text))) as {
        a: { '@_x'?: string; '#text'?: string };
      };
      expect(read.a['@_x'] ?? '').toBe(attribute);
      expect(read.a['#text'] ?? '').toBe(text);
    }),
  );
});

test('a name from a user cannot add an element', () => {
  const xml = renderXml(element('alias', { name: 'x"/><disk device="lun' }, '</alias><evil/>'));
  expect(xml).not.toContain('<disk');
  expect(xml).not.toContain('<evil');
});
