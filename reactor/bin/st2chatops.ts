import { createProcessParts } from '../../action-service/process-parts.ts';
import { createServiceTokens } from '../../action-service/tokens.ts';
import { apiBaseUrl } from '../../platform/config/load-config.ts';
import { composeServices, defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createAdapter } from '../chatops/adapters.ts';
import { createAliasApi } from '../chatops/alias-api.ts';
import { createChatBridge } from '../chatops/bridge.ts';

const BOT_USER = 'chatops_bot';

export const service = defineService('st2chatops', async (context) => {
  const { config, logger } = context;
  const parts = await createProcessParts(context);
  if (config.chatops.adapter === 'none') {
    logger.info('no chat server is configured');
    return parts.infrastructure;
  }
  const adapter = createAdapter(config.chatops.adapter, config.chatops);
  const tokens = createServiceTokens(parts.stores, config.auth.service_token_ttl);
  const api = createAliasApi(`${apiBaseUrl(config)}/v1`, () => tokens.serviceToken(BOT_USER));
  return composeServices([
    parts.infrastructure,
    createChatBridge({ ...parts, adapter, api, settings: config.chatops, logger }),
  ]);
});

await runWhenProgram(import.meta.url, service);
