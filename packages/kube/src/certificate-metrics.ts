import type { Metrics } from '@quickvirt/telemetry';

/** From when to when a certificate is good. */
export interface CertificateValidity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * Registers when certificates end and how long they last, so that an alert can tell one that was not renewed in time
 * whatever its lifetime. Read at each scrape.
 * @param prefix of the metrics' names, for example `quickvirt_`.
 * @param certificates by the label `certificate`; one that is undefined is left out.
 */
export function certificateMetrics(
  metrics: Metrics,
  prefix: string,
  certificates: () => Readonly<Record<string, CertificateValidity | undefined>>,
): void {
  const gauge = (name: string, help: string, valueOf: (validity: CertificateValidity) => number): void => {
    metrics.gauge({
      name: `${prefix}${name}`,
      help,
      labelNames: ['certificate'],
      collect: (target) => {
        target.reset();
        for (const [certificate, validity] of Object.entries(certificates()))
          if (validity) target.set({ certificate }, valueOf(validity) / 1000);
      },
    });
  };
  gauge('certificate_expiration_timestamp_seconds', 'When a certificate ends, as Unix time.', ({ notAfter }) =>
    notAfter.getTime(),
  );
  gauge('certificate_lifetime_seconds', 'How long a certificate is good from its beginning to its end.', (validity) =>
    Math.max(0, validity.notAfter.getTime() - validity.notBefore.getTime()),
  );
}
