import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** SMBIOS tables: the firmware's identity, the cluster's product names, the chassis. */
export function sysinfo(context: Context): Element[] {
  const { domain, config } = context;
  const { smbios } = config;
  const entries = (values: Record<string, string | undefined>) =>
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [element('entry', { name }, value)]));
  const { chassis } = domain;
  const chassisEntries = entries({
    manufacturer: chassis?.manufacturer || undefined,
    version: chassis?.version || undefined,
    serial: chassis?.serial || undefined,
    asset: chassis?.asset || undefined,
    sku: chassis?.sku || undefined,
  });
  return [
    element(
      'sysinfo',
      { type: 'smbios' },
      element(
        'system',
        {},
        entries({
          uuid: domain.firmware?.uuid,
          serial: domain.firmware?.serial || undefined,
          manufacturer: smbios.manufacturer,
          family: smbios.family,
          product: smbios.product,
          sku: smbios.sku,
          version: smbios.version,
        }),
      ),
      chassisEntries.length > 0 && element('chassis', {}, chassisEntries),
    ),
  ];
}
