export * from '@segloss/models/layers';
