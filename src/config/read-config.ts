/** Reads a configuration: settings, devices and rules, with all their problems. */
import { DeviceList } from '../lines/devices.js';
import { Routes } from '../outbox/matching/routes.js';
import { readPassword } from '../lines/device-rows.js';
import { ProblemList, type ConfigProblem } from '../reading/problems.js';
import { fieldsOf, textOf } from '../reading/values.js';
import { Secrets } from '../secrets.js';
import { readSettings, type ServerOptions, type Settings } from './settings.js';

export interface Config {
  /** A directory, or `memory`. */
  readonly storage: string;
  readonly settings: Settings;
  readonly devices: DeviceList;
  readonly routes: Routes;
  readonly problems: readonly ConfigProblem[];
  /** All passwords, also those of rows that are left out. */
  readonly secrets: Secrets;
}

/**
 * @param options of any type: flow files and programs without types hold anything
 * @param hasOwnStore jobs are kept elsewhere than in the storage of the options
 */
export function readConfig(options: ServerOptions, hasOwnStore: boolean): Config {
  const secrets = secretsOf(options);
  const problems = new ProblemList(secrets);
  const { settings, storage, limits } = readSettings(options, hasOwnStore, problems);
  const password = readPassword(options.password);
  if ('problem' in password)
    problems.add({ what: 'setting', name: 'password', reason: password.problem, effect: 'default' });
  const defaults = {
    password: 'value' in password ? password.value : undefined,
    pinAddress: settings.pinAddress,
    limits,
  };
  const devices = new DeviceList(options.devices, defaults, problems, secrets);
  const routes = new Routes(devices, options.routes, devices.unusable, problems);
  return {
    settings: { ...settings, sendingProblem: problems.first('no sending')?.message },
    ...{ storage, devices, routes, secrets, problems: problems.list() },
  };
}

/** All passwords of the options. */
export function secretsOf({ password, devices }: ServerOptions): Secrets {
  const rows: readonly unknown[] = Array.isArray(devices) ? devices : [];
  const written = [password, ...rows.map((row) => fieldsOf(row)?.['password'])];
  return new Secrets(written.flatMap((value) => textOf(value) ?? []));
}
