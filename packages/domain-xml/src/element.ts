/** An XML element as data. Attributes without a value and children that are absent are not written. */
export interface Element {
  name: string;
  attributes: Record<string, AttributeValue>;
  children: Child[];
}

type AttributeValue = string | number | undefined;
type Child = Element | string;
type MaybeChild = Element | string | number | undefined | false;

/** Makes an element: `element('vcpu', { placement: 'static' }, 2)`. Lists of children may be given as they are. */
export function element(
  name: string,
  attributes: Record<string, AttributeValue> = {},
  ...children: (MaybeChild | MaybeChild[])[]
): Element {
  const present = children
    .flat()
    .filter((child): child is Element | string | number => child !== undefined && child !== false);
  return { name, attributes, children: present.map((child) => (typeof child === 'number' ? String(child) : child)) };
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

// XML 1.0 section 2.2 allows no other control character, not even escaped.
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu;

const escapeAttribute = (text: string) => text.replace(forbidden, '').replace(/[&<>"'\t\n\r]/g, (c) => escapes[c] ?? c);
const escapeText = (text: string) => text.replace(forbidden, '').replace(/[&<>\r]/g, (c) => escapes[c] ?? c);

/** Writes an element with two spaces of indent a level, one element a line; the same input gives the same bytes. */
export function renderXml(root: Element): string {
  const lines: string[] = [];
  write(root, '', lines);
  return lines.join('\n') + '\n';
}

function write(node: Element, indent: string, lines: string[]): void {
  const attributes = Object.entries(node.attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeAttribute(String(value))}"`)
    .join('');
  const open = `${indent}<${node.name}${attributes}`;
  if (node.children.length === 0) {
    lines.push(`${open}/>`);
    return;
  }
  if (node.children.every((child) => typeof child === 'string')) {
    lines.push(`${open}>${escapeText(node.children.join(''))}</${node.name}>`);
    return;
  }
  lines.push(`${open}>`);
  for (const child of node.children) {
    if (typeof child === 'string') lines.push(`${indent}  ${escapeText(child)}`);
    else write(child, `${indent}  `, lines);
  }
  lines.push(`${indent}</${node.name}>`);
}
