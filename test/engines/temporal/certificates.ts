import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files for TLS, made by openssl in a new folder. */
export interface Certificates {
  readonly folder: string;
  readonly cert: string;
  readonly key: string;
  readonly otherKey: string;
  readonly encryptedKey: string;
  readonly expired: string;
  readonly garbage: string;
}

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-tls-'));
  const program = 'openssl';
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync(program, args, { stdio: 'ignore' });
  };
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at('key.pem'));
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at('other.pem'));
  openssl('pkcs8', '-topk8', '-in', at('key.pem'), '-passout', 'pass:secret', '-out', at('encrypted.pem'));
  openssl(
    'req',
    '-x509',
    '-new',
    '-key',
    at('key.pem'),
    '-subj',
    '/CN=localhost',
    '-days',
    '1',
    '-out',
    at('cert.pem'),
  );
  openssl('x509', '-in', at('cert.pem'), '-signkey', at('key.pem'), '-days', '-1', '-out', at('expired.pem'));
  writeFileSync(at('garbage.pem'), readFileSync(at('cert.pem'), 'utf8').replace(/[A-Za-z]{8}/g, '????????'));
  return {
    folder,
    cert: at('cert.pem'),
    key: at('key.pem'),
    otherKey: at('other.pem'),
    encryptedKey: at('encrypted.pem'),
    expired: at('expired.pem'),
    garbage: at('garbage.pem'),
  };
}
