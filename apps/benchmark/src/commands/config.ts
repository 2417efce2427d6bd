import { configJsonSchema, configToYaml, loadConfig, presets } from '@segloss/trainer';
import type { Command } from 'commander';

import { collect } from '../options.js';
import type { Terminal } from '../terminal.js';

interface ShowFlags {
  config: string;
  set?: string[];
  json?: boolean;
}

/** `segloss config show | schema | presets`. */
export function define(config: Command, { stdout, folder }: Pick<Terminal, 'stdout' | 'folder'>): void {
  config
    .command('show')
    .description('show every value of a configuration and where it comes from')
    .requiredOption('-c, --config <file>', 'YAML file, or preset:NAME')
    .option(
      '--set <key=value>',
      'override a value of the file, as in optimizer.name=sgd; repeat for several',
      collect,
    )
    .option('--json', 'print JSON: { config, origin, folder, file }')
    .action(async ({ config: file, set = [], json }: ShowFlags) => {
      const loaded = await loadConfig(file, { set, cwd: folder });
      stdout.write(json === true ? toJson(loaded) : configToYaml(loaded.config, loaded.origin));
    });
  config
    .command('schema')
    .description('print the JSON Schema of a configuration file, for editors')
    .action(() => void stdout.write(toJson(configJsonSchema())));
  config
    .command('presets')
    .description('list the configurations that come with segloss, for extends: preset:NAME')
    .option('--json', 'print a JSON list')
    .action(({ json }: { json?: boolean }) => {
      stdout.write(
        json === true
          ? toJson(presets())
          : presets()
              .map((name) => `preset:${name}\n`)
              .join(''),
      );
    });
}

const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
