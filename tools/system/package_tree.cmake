# Run by cpack on the tree that becomes the package: what Debian's policy asks for beyond an installation.
set(usr ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr)
set(doc ${usr}/share/doc/dcmfs)

# 12.5: the licence stands in common-licenses, and copyright says so.
file(REMOVE ${doc}/LICENSE)
file(COPY ${CMAKE_CURRENT_LIST_DIR}/debian/copyright ${CMAKE_CURRENT_LIST_DIR}/debian/changelog DESTINATION ${doc}
     FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
# 12.1 and 12.7: manual pages and changelog are compressed; without a time in them, so that the same
# tree gives the same package.
file(GLOB pages ${usr}/share/man/man*/*)
execute_process(COMMAND gzip --best --no-name ${pages} ${doc}/changelog COMMAND_ERROR_IS_FATAL ANY)
# Where the service looks for its archives.
file(MAKE_DIRECTORY ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/etc/dcmfs)
