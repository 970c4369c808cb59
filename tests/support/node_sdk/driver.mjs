// Calls the official Node SDK for another program: a line of JSON for each call in, a line for each answer out.

import dns from 'node:dns';
import { createInterface } from 'node:readline';
import { Checkout } from 'checkout-sdk-node';

// Names below localhost lead to this machine (RFC 6761), which not every system's resolver knows.
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(name.endsWith('.localhost') ? '127.0.0.1' : name, ...rest);

for await (const line of createInterface({ input: process.stdin })) {
  const { key, options, api, method, args } = JSON.parse(line);
  let told;
  try {
    told = { answer: await new Checkout(key, options)[api][method](...args) };
  } catch (error) {
    told = { error: error.constructor.name, status: error.http_code ?? null, body: error.body ?? null };
  }
  console.log(JSON.stringify(told));
}
