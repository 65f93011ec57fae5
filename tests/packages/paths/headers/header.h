static inline const char *header(void)
{
    return __FILE__;
}
