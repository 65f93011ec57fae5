int kernel_level(void);
int common_level(void);
