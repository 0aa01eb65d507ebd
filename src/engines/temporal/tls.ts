import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TLSConfig } from '@temporalio/worker';
import { ConfigurationError } from '../../engine/index.ts';
import type { Sourced } from './environment.ts';

/** PEM text and the name of the place that it comes from. */
export type Pem = Sourced<string>;

/** What TLS is to be made of. */
export interface TlsSources {
  readonly clientCert: Pem | undefined;
  readonly clientKey: Pem | undefined;
  readonly serverRootCACert: Pem | undefined;
  readonly serverNameOverride: string | undefined;
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The text of a file.
 * @throws ConfigurationError when it cannot be read.
 */
export function readPem(file: Sourced<string>): Pem {
  try {
    return { value: readFileSync(file.value, 'utf8'), path: file.path };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const problems: Record<string, [problem: string, fix: string]> = {
      ENOENT: [`there is no file '${file.value}'.`, 'Check the path; it is relative to the working directory.'],
      EACCES: [`the file '${file.value}' may not be read.`, 'Give this process the permission to read it.'],
      EISDIR: [`'${file.value}' is a directory.`, 'Name the file in it.'],
    };
    const fallback = [`the file '${file.value}' cannot be read (${code}).`, 'Check the file.'] as const;
    const [problem, fix] = problems[code ?? ''] ?? fallback;
    throw new ConfigurationError(file.path, problem, { fix, cause });
  }
}

/**
 * Checks certificates and key, and gives them in the form of the official connections.
 * @throws ConfigurationError when something is missing, unreadable, expired or does not belong together.
 */
export function checkTls(sources: TlsSources): TLSConfig {
  const { clientCert, clientKey, serverRootCACert, serverNameOverride } = sources;
  if (serverRootCACert !== undefined) parseCertificates(serverRootCACert);
  return {
    ...(serverNameOverride === undefined ? {} : { serverNameOverride }),
    ...(serverRootCACert === undefined ? {} : { serverRootCACertificate: Buffer.from(serverRootCACert.value) }),
    ...clientPair(clientCert, clientKey),
  };
}

function clientPair(cert: Pem | undefined, key: Pem | undefined): Pick<TLSConfig, 'clientCertPair'> {
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined) {
    const [given, missing] = cert === undefined ? [key, 'client certificate'] : [cert, 'client key'];
    throw new ConfigurationError(given?.path ?? '', `is given without a ${missing}.`, {
      fix: `Name the ${missing} too.`,
    });
  }
  const certificate = parseCertificates(cert);
  if (!certificate.checkPrivateKey(parseKey(key))) {
    throw new ConfigurationError(key.path, `is not the key of the certificate in ${cert.path}.`, {
      fix: 'Name the two files that were issued together.',
    });
  }
  return { clientCertPair: { crt: Buffer.from(cert.value), key: Buffer.from(key.value) } };
}

/** The first certificate of a file; all of them are checked. */
function parseCertificates(pem: Pem): X509Certificate {
  const blocks = pem.value.match(CERTIFICATES) ?? [];
  const parsed = blocks.map((block) => parseCertificate(pem, block));
  const [first] = parsed;
  if (first === undefined) throw notPem(pem, 'certificate', '-----BEGIN CERTIFICATE-----');
  if (parsed.every((certificate) => certificate.validToDate.getTime() < Date.now())) {
    throw new ConfigurationError(pem.path, `the certificate has expired on ${first.validTo}.`, { fix: 'Renew it.' });
  }
  return first;
}

function parseCertificate(pem: Pem, block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch (cause) {
    throw notPem(pem, 'certificate', '-----BEGIN CERTIFICATE-----', cause);
  }
}

function parseKey(pem: Pem): KeyObject {
  if (pem.value.includes('ENCRYPTED')) {
    throw new ConfigurationError(pem.path, 'the private key is encrypted.', {
      fix: 'Decrypt it with `openssl pkey -in <file> -out <decrypted file>` and keep the result readable for this process only.',
    });
  }
  try {
    return createPrivateKey(pem.value);
  } catch (cause) {
    throw notPem(pem, 'private key', '-----BEGIN PRIVATE KEY-----', cause);
  }
}

function notPem(pem: Pem, what: string, header: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(pem.path, `holds no ${what} in PEM form.`, {
    fix: `The text must begin with '${header}'.`,
    ...(cause === undefined ? {} : { cause }),
  });
}
